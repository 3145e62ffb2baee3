import type { FsxEntry } from './fsx-entry.ts';
import { ImportError } from './program.ts';

/** How many numbers follow a name, the size of the file among them (ltp/fsx.c, op_args_count). */
const NUMBERS: Readonly<Record<string, number>> = {
  read: 3,
  read_dontcache: 3,
  write: 3,
  write_dontcache: 3,
  write_atomic: 3,
  mapread: 3,
  mapwrite: 3,
  truncate: 3,
  fallocate: 3,
  punch_hole: 3,
  zero_range: 3,
  collapse_range: 3,
  insert_range: 3,
  fsync: 3,
  clone_range: 4,
  dedupe_range: 4,
  copy_range: 4,
  exchange_range: 4,
};

const MARKS: ReadonlySet<string> = new Set(['keep_size', 'close_open', 'unshare', '*']);

/** The operations of an ops file (fsx --record-ops, --replay-ops) that are not skipped. Throws ImportError. */
export function readFsxOps(text: string): FsxEntry[] {
  return text.split('\n').flatMap((line, index) => entryOf(line, index + 1) ?? []);
}

function entryOf(text: string, line: number): FsxEntry | null {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const [first] = words;
  if (first === undefined || first.startsWith('#')) return null;
  const skipped = first === 'skip';
  const [name = '', ...rest] = skipped ? words.slice(1) : words;
  const count = Object.hasOwn(NUMBERS, name) ? NUMBERS[name] : undefined;
  if (count === undefined)
    throw new ImportError(`line ${line}: found ${JSON.stringify(name)}, expected an operation of fsx`);
  const numbers = rest.slice(0, count).map((word) => numberOf(word, line));
  if (numbers.length < count)
    throw new ImportError(`line ${line}: found ${numbers.length} numbers behind ${name}, expected ${count}`);
  const marks = rest.slice(count);
  const strange = marks.find((mark) => !MARKS.has(mark));
  if (strange !== undefined)
    throw new ImportError(
      `line ${line}: found ${JSON.stringify(strange)}, expected keep_size, close_open or *`,
    );
  if (skipped) return null;
  const [offset = 0, length = 0, destination = 0] = numbers;
  return {
    line,
    name,
    offset,
    length,
    destination: count === 4 ? destination : 0,
    keepSize: marks.includes('keep_size'),
    closeOpen: marks.includes('close_open'),
  };
}

/** strtoul(3) with base 0, of which fsx keeps 32 bits. */
function numberOf(word: string, line: number): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(word) ? Number(word) : NaN;
  if (Number.isSafeInteger(value) && value < 2 ** 32) return value;
  throw new ImportError(`line ${line}: found ${JSON.stringify(word)}, expected a number of 32 bits`);
}
