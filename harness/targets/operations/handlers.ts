import type {
  DirectoryEntry,
  Operation,
  OperationName,
  Outcome,
  Stat,
  Timestamp,
  Value,
} from '../../../model/index.ts';
import type { Awaitable } from '../../target.ts';

/**
 * What a handler may answer when the call succeeds, the short way: nothing for calls that answer nothing but success, a number of
 * bytes or a position, bytes that were read, a link's target, what stat(2) answers, a directory's entries (without `.` and
 * `..`, in any order), or a Value as the model has it.
 */
// A function that answers nothing has the type void, and is welcome here.
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type
export type Answer = void | number | Uint8Array | string | Stat | readonly DirectoryEntry[] | Value;

/**
 * Performs an operation. It answers a success or throws an Error whose `code` is the errno, as Node.js does (`ENOENT`);
 * anything else that is thrown is a finding. `now` is the time at which the operation happens.
 */
export type Handler<Name extends OperationName> = (
  operation: Extract<Operation, { op: Name }>,
  now: Timestamp,
) => Awaitable<Answer>;

/** A file system as the operations that it has. What is absent is never asked for. */
export type Handlers = { readonly [Name in OperationName]?: Handler<Name> };

/** What the harness itself needs to look at a tree; everything else is optional. */
export const REQUIRED_OPERATIONS = ['open', 'close', 'pread', 'lstat', 'readdir'] as const;

/** An outcome in the words of the model. Throws what is no answer. */
export async function outcomeOf(answer: () => Awaitable<Answer>): Promise<Outcome> {
  try {
    return { ok: true, value: valueOf(await answer()) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) throw error;
    return { ok: false, errno: code as Extract<Outcome, { ok: false }>['errno'] };
  }
}

function valueOf(answer: Answer): Value {
  if (answer === undefined) return { kind: 'done' };
  if (typeof answer === 'number') return { kind: 'count', count: answer };
  if (typeof answer === 'string') return { kind: 'text', text: answer };
  if (answer instanceof Uint8Array) return { kind: 'data', bytes: answer };
  if (isEntries(answer)) {
    return { kind: 'entries', entries: [...answer].sort((left, right) => (left.name < right.name ? -1 : 1)) };
  }
  return 'kind' in answer ? answer : { kind: 'stat', stat: answer };
}

const isEntries = (answer: Stat | Value | readonly DirectoryEntry[]): answer is readonly DirectoryEntry[] =>
  Array.isArray(answer);
