import type * as z from 'zod';
import { describeIssues } from './schema-issues.ts';

/** The error that says so to whoever reads files of one kind. */
type Refusal = new (message: string) => Error;

/** Reads text that must be JSON as `schema` says; throws a `refusal` that tells where in `where` what is wrong. */
export function readJson<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  where: string,
  refusal: Refusal,
): z.output<Schema> {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new refusal(`${where}: not JSON: ${error instanceof Error ? error.message : ''}`);
  }
  const result = schema.safeParse(data);
  if (!result.success) throw new refusal(`${where}: ${describeIssues(result.error, data)}`);
  return result.data;
}
