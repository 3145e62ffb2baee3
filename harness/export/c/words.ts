import type { Outcome, Run } from '../../../model/index.ts';
import { xattrBytes } from '../../targets/xattr-value.ts';

/** A number as C reads it without a warning. */
export const number = (value: number): string => (Math.abs(value) < 2 ** 31 ? String(value) : `${value}LL`);

export const octal = (mode: number): string => `0${mode.toString(8)}`;

const [QUOTE, BACKSLASH, QUESTION_MARK] = [0x22, 0x5c, 0x3f];

/** Text as a C string: bytes that are not printable ASCII in octal, so that no name means anything to a compiler. */
export function text(value: string): string {
  const bytes = Buffer.from(value, 'utf8');
  let words = '';
  for (const byte of bytes) {
    // A question mark could begin a trigraph.
    const plain = byte >= 0x20 && byte < 0x7f && byte !== BACKSLASH && byte !== QUESTION_MARK;
    if (byte === QUOTE) words += '\\"';
    else words += plain ? String.fromCharCode(byte) : octalByte(byte);
  }
  return `"${words}"`;
}

/** Bytes as a C string. */
export const bytesText = (bytes: Uint8Array): string => `"${Array.from(bytes, octalByte).join('')}"`;

const octalByte = (byte: number): string => `\\${byte.toString(8).padStart(3, '0')}`;

/** What `check` is told: the value, or minus the errno. */
export function expectation(expected: Outcome): string {
  if (!expected.ok) return `-${expected.errno}`;
  return number(expected.value.kind === 'count' ? expected.value.count : 0);
}

/** What `check_data` is told. */
export function runsWords(runs: readonly Run[]): string {
  const words = runs.map((run) => {
    if (run.kind === 'bytes') return `{BYTES, ${number(run.length)}, ${run.seed}, ${number(run.start)}}`;
    return `{${run.kind === 'zeros' ? 'ZEROS' : 'ANY'}, ${number(run.length)}, 0, 0}`;
  });
  return words.length === 0 ? 'NOTHING' : `RUNS(${words.join(', ')})`;
}

/** The value of an attribute as `setxattr` is given it: an expression and its length. */
export function valueWords(value: Parameters<typeof xattrBytes>[0]): {
  readonly expression: string;
  readonly length: number;
  readonly content: boolean;
} {
  if ('seed' in value) {
    return { expression: `content(${value.seed}, ${value.length})`, length: value.length, content: true };
  }
  const bytes = xattrBytes(value);
  return { expression: bytesText(bytes), length: bytes.length, content: false };
}
