import type { FsxEntry } from './fsx-entry.ts';

/** Words of a log and the operation of an ops file that they stand for (ltp/fsx.c, logdump). */
const NAMES: Readonly<Record<string, string>> = {
  READ: 'read',
  WRITE: 'write',
  MAPREAD: 'mapread',
  MAPWRITE: 'mapwrite',
  FALLOC: 'fallocate',
  PUNCH: 'punch_hole',
  ZERO: 'zero_range',
  COLLAPSE: 'collapse_range',
  INSERT: 'insert_range',
  COPY: 'copy_range',
  CLONE: 'clone_range',
  DEDUPE: 'dedupe_range',
  XCHG: 'exchange_range',
};

const ENTRY = /^\s*\d+\(\s*\d+ mod 256\):\s+(.*)$/;
const RANGE =
  /^([A-Z]+)\s+0x([0-9a-f]+) thru 0x[0-9a-f]+\s+\(0x([0-9a-f]+) bytes\)(?:\s+to 0x([0-9a-f]+))?(.*)$/;
const TRUNCATE = /^TRUNCATE (?:UP|DOWN)\s+from 0x[0-9a-f]+ to 0x([0-9a-f]+)/;

/** Whether a text looks like the log that fsx prints when it finds something. */
export const isFsxLog = (text: string): boolean => text.split('\n').some((line) => ENTRY.test(line));

/** The operations of such a log; what was skipped there is skipped. Lines that are no entries belong to nobody. */
export function readFsxLog(text: string): FsxEntry[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const said = ENTRY.exec(line)?.[1];
    if (said === undefined) return [];
    const closeOpen = said.includes('CLOSE/OPEN') || /^\s*CLOSE\/OPEN/.test(lines[index + 1] ?? '');
    const entry = entryOf(said, index + 1, closeOpen);
    return entry === null ? [] : [entry];
  });
}

function entryOf(said: string, line: number, closeOpen: boolean): FsxEntry | null {
  const common = { line, closeOpen, destination: 0, keepSize: false };
  const truncate = TRUNCATE.exec(said);
  if (truncate !== null) return { ...common, name: 'truncate', offset: 0, length: hex(truncate[1]) };
  if (said.startsWith('FSYNC')) return { ...common, name: 'fsync', offset: 0, length: 0 };
  const range = RANGE.exec(said);
  if (range === null) return null;
  const [, word = '', offset, length, destination, rest = ''] = range;
  return {
    ...common,
    name: NAMES[word] ?? word,
    offset: hex(offset),
    length: hex(length),
    destination: hex(destination),
    keepSize: rest.includes('PAST_EOF'),
  };
}

const hex = (digits: string | undefined): number => (digits === undefined ? 0 : Number.parseInt(digits, 16));
