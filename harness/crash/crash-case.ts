import * as z from 'zod';
import { operationSchema } from '../operation-schema.ts';
import { readJson } from '../read-json.ts';
import { setupSchema } from '../setup.ts';
import { CRASH_FAILURES, type CrashFailure } from './crash-failure.ts';
import { stateSchema, type CrashState } from './power-cut.ts';
import type { CrashProgram } from './recorded-run.ts';

export const CRASH_FORMAT = 'twinpath-crash';
export const CRASH_VERSION = 1;

/** A program and a power cut: all that is needed to see it again. */
export interface CrashCase extends CrashProgram {
  readonly format: typeof CRASH_FORMAT;
  readonly version: typeof CRASH_VERSION;
  /** Null: no power cut is needed. */
  readonly state: CrashState | null;
  /** What it is known to show. */
  readonly failure: CrashFailure | null;
  readonly note?: string;
}

const OPERATIONS_MAX = 10_000;
const WORDS_MAX = 1 << 20;
const TURNS_MAX = 100_000;

const name = z.string().min(1).max(256);

const schema = z.strictObject({
  format: z.literal(CRASH_FORMAT),
  version: z.literal(CRASH_VERSION),
  setup: setupSchema,
  target: name,
  overtakesAfter: z.int().min(0).max(TURNS_MAX).exactOptional(),
  recordedOn: name.exactOptional(),
  recoveredBy: name.exactOptional(),
  faults: z.array(name).max(64),
  state: stateSchema.nullable(),
  failure: z
    .strictObject({
      kind: z.literal([...CRASH_FAILURES]),
      detail: z.string().max(WORDS_MAX),
      words: z.string().max(WORDS_MAX),
    })
    .nullable(),
  note: z.string().max(WORDS_MAX).exactOptional(),
  operations: z.array(operationSchema).max(OPERATIONS_MAX),
});

/** A file that is no case of a power cut. The message says where. */
export class CrashCaseError extends Error {
  override readonly name = 'CrashCaseError';
}

/** Whether the text of a case file says that it is one of a power cut. */
export const isCrashCase = (text: string): boolean =>
  new RegExp(`"format"\\s*:\\s*"${CRASH_FORMAT}"`).test(text.slice(0, 1000));

/** Reads the text of a case file. `where` is its name, for the message. */
export function readCrashCase(text: string, where: string): CrashCase {
  return readJson(schema, text, where, CrashCaseError);
}

/** One operation and one lost write a line, so that two cases can be compared by diff. */
export function writeCrashCase(value: CrashCase): string {
  const { operations, ...head } = value;
  const lines = Object.entries(head).map(
    ([key, part]) => `  ${JSON.stringify(key)}: ${JSON.stringify(part)},`,
  );
  const list = operations.map((one) => `    ${JSON.stringify(one)}`).join(',\n');
  return `{\n${lines.join('\n')}\n  "operations": [${list === '' ? '' : `\n${list}\n  `}]\n}\n`;
}

/** The program of a case. */
export const programIn = ({
  setup,
  target,
  overtakesAfter,
  recordedOn,
  recoveredBy,
  faults,
  operations,
}: CrashCase): CrashProgram => ({
  setup,
  target,
  ...(overtakesAfter !== undefined && { overtakesAfter }),
  ...(recordedOn !== undefined && { recordedOn }),
  ...(recoveredBy !== undefined && { recoveredBy }),
  faults,
  operations,
});
