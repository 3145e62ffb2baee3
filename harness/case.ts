import * as z from 'zod';
import type { Operation } from '../model/index.ts';
import { failureSchema, type FailureSignature } from './failure.ts';
import { bytesMoved, operationSchema } from './operation-schema.ts';
import { describeIssues, describeValue } from './schema-issues.ts';
import { setupSchema, type Setup } from './setup.ts';

/** What `format` of a case file says. */
export const CASE_FORMAT = 'twinpath-case';
/** What `version` of a case file says; a reader refuses any other. */
export const CASE_VERSION = 1;

/** Where a case comes from. All of it is for people; nothing of it is needed to run the case. */
export interface CaseOrigin {
  /** The seed of the campaign, and which of its runs (from 0); null for a case written by hand. */
  readonly seed: number | null;
  readonly run: number | null;
  /** The version of twinpath that found it. */
  readonly version?: string | undefined;
  /** How many operations it had before it was shrunk. */
  readonly shrunkFrom?: number | undefined;
  readonly note?: string | undefined;
}

/** A run that can be repeated anywhere, with what it is known to show. */
export interface Case {
  readonly format: typeof CASE_FORMAT;
  readonly version: typeof CASE_VERSION;
  readonly setup: Setup;
  /** Names of the targets to run on. */
  readonly targets: readonly string[];
  /** Names of the planted bugs that are switched on. */
  readonly faults: readonly string[];
  readonly origin: CaseOrigin;
  readonly failure: FailureSignature | null;
  readonly operations: readonly Operation[];
}

/** A case of the present version. */
export const newCase = (parts: Omit<Case, 'format' | 'version'>): Case => ({
  format: CASE_FORMAT,
  version: CASE_VERSION,
  ...parts,
});

/** A case file that cannot be used. The message names the file, the place in it, what was found and what was expected. */
export class CaseError extends Error {
  override readonly name = 'CaseError';
}

/** Characters of a file. Far above any case; below what would take a noticeable time to refuse. */
export const CASE_CHARACTERS_MAX = 16 << 20;

const OPERATIONS_MAX = 100_000;

/** Bytes that all operations of a case move together at most: it bounds how long a case can take. */
const TOTAL_BYTES_MAX = 2 ** 32;

const NAMES_MAX = 64;
const NAME_CHARACTERS_MAX = 256;
const NOTE_CHARACTERS_MAX = 10_000;

const names = z.array(z.string().min(1).max(NAME_CHARACTERS_MAX)).max(NAMES_MAX);

const caseSchema = z.strictObject({
  format: z.literal(CASE_FORMAT),
  version: z.literal(CASE_VERSION),
  setup: setupSchema,
  targets: names,
  faults: names,
  origin: z.strictObject({
    seed: z.int().nullable(),
    run: z.int().min(0).nullable(),
    version: z.string().max(NAME_CHARACTERS_MAX).exactOptional(),
    shrunkFrom: z.int().min(0).exactOptional(),
    note: z.string().max(NOTE_CHARACTERS_MAX).exactOptional(),
  }),
  failure: failureSchema.nullable(),
  operations: z.array(operationSchema).max(OPERATIONS_MAX),
});

/** Reads the text of a case file. `where` is the file's name, for the message of the CaseError. */
export function readCase(text: string, where: string): Case {
  if (text.length > CASE_CHARACTERS_MAX) {
    throw new CaseError(`${where}: ${text.length} characters, expected at most ${CASE_CHARACTERS_MAX}`);
  }
  return checked(parse(text, where), where);
}

/** The text of a case file: one operation a line, so that two cases can be compared by diff. Stable for equal cases. */
export function writeCase(value: Case): string {
  const { operations, ...head } = checked(withoutUndefined(value), 'the case to write');
  const lines = Object.entries(head).map(([key, part]) => `  ${JSON.stringify(key)}: ${spaced(part)},`);
  const list = operations.map((operation) => `    ${spaced(operation)}`).join(',\n');
  const body = operations.length === 0 ? '[]' : `[\n${list}\n  ]`;
  return `{\n${lines.join('\n')}\n  "operations": ${body}\n}\n`;
}

function parse(text: string, where: string): unknown {
  try {
    // An editor's byte order mark is not the user's fault.
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CaseError(`${where}: not JSON: ${error.message}${lineOf(error.message, text)}`);
  }
}

/** V8 says at which character it stopped; people look for lines. */
function lineOf(message: string, text: string): string {
  const position = /position (\d+)/.exec(message)?.[1];
  if (position === undefined) return '';
  const before = text.slice(0, Number(position)).split('\n');
  return ` (line ${before.length}, column ${(before.at(-1) ?? '').length + 1})`;
}

function checked(data: unknown, where: string): Case {
  checkVersion(data, where);
  const result = caseSchema.safeParse(data);
  if (!result.success) throw new CaseError(`${where}: ${describeIssues(result.error, data)}`);
  let total = 0;
  for (const [index, operation] of result.data.operations.entries()) {
    total += bytesMoved(operation);
    if (total <= TOTAL_BYTES_MAX) continue;
    throw new CaseError(
      `${where}: $.operations[${index}]: found ${total} bytes moved up to here, expected at most ${TOTAL_BYTES_MAX}`,
    );
  }
  return result.data;
}

/** Asked first: of a file in another format or version, everything else would be wrong as well. */
function checkVersion(data: unknown, where: string): void {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new CaseError(`${where}: $: found ${describeValue(data)}, expected an object`);
  }
  const { format, version } = data as Record<string, unknown>;
  if (format !== CASE_FORMAT) {
    throw new CaseError(`${where}: $.format: found ${describeValue(format)}, expected "${CASE_FORMAT}"`);
  }
  if (version !== CASE_VERSION) {
    throw new CaseError(`${where}: $.version: found ${describeValue(version)}, expected ${CASE_VERSION}`);
  }
}

/** Optional members may be given as undefined; JSON has no such thing. */
function withoutUndefined(value: Case): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** JSON on one line, with a space where a reader wants one. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${spaced(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
