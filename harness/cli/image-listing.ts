import type { GroupSummary, ImageEntry, ImageFacts, MappedRun } from '../image/image-view.ts';

const KEY_WIDTH = 13;

/** What `twinpath image info` prints. */
export function factsText(facts: ImageFacts): string {
  const log = facts.recovered ? 'needed recovery: it was replayed in memory, the file is as it was' : 'empty';
  const lines: readonly (readonly [string, string | number])[] = [
    ['label', facts.label === '' ? '(none)' : printable(facts.label)],
    ['uuid', facts.uuid],
    ['features', facts.features.join(' ')],
    ['state', facts.state],
    ['block size', facts.blockSize],
    ['blocks', facts.blocks],
    ['free blocks', facts.blocksFree],
    ['inodes', facts.inodes],
    ['free inodes', facts.inodesFree],
    ['journal', `${facts.journalBlocks} blocks`],
    ['log', log],
  ];
  return lines.map(([key, value]) => `${key.padEnd(KEY_WIDTH)}${value}\n`).join('');
}

/** A name as the user asked for it, and what it stands for. */
export interface Listed {
  readonly name: string;
  readonly entry: ImageEntry;
}

/** What `twinpath image ls` prints: a line for each, numbers in columns, as `ls -ln` does; times are UTC. */
export function listingText(listed: readonly Listed[]): string {
  const rows = listed.map(({ name, entry }) => ({
    cells: [entry.links, entry.uid, entry.gid, entry.size].map(String),
    mode: modeText(entry),
    rest: `${timeText(entry)} ${nameText(name, entry)}`,
  }));
  const widths = [0, 1, 2, 3].map((column) =>
    rows.reduce((most, { cells }) => Math.max(most, cells[column]?.length ?? 0), 0),
  );
  return rows
    .map(({ cells, mode, rest }) => {
      const numbers = cells.map((cell, column) => cell.padStart(widths[column] ?? 0)).join(' ');
      return `${mode} ${numbers} ${rest}\n`;
    })
    .join('');
}

const nameText = (name: string, { target }: ImageEntry): string =>
  target === null ? printable(name) : `${printable(name)} -> ${printable(target)}`;

const TYPE_LETTERS: Readonly<Record<string, string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  socket: 's',
  'character-device': 'c',
  'block-device': 'b',
};

/** `drwxr-xr-x`, with the letters of ls(1) for suid, sgid and the sticky bit. */
export function modeText({ type, mode }: Pick<ImageEntry, 'type' | 'mode'>): string {
  const triple = (bits: number, special: boolean, letter: string): string => {
    const execute = (bits & 1) !== 0;
    const last = special ? (execute ? letter : letter.toUpperCase()) : execute ? 'x' : '-';
    return ((bits & 4) !== 0 ? 'r' : '-') + ((bits & 2) !== 0 ? 'w' : '-') + last;
  };
  return (
    (TYPE_LETTERS[type] ?? '?') +
    triple(mode >> 6, (mode & 0o4000) !== 0, 's') +
    triple(mode >> 3, (mode & 0o2000) !== 0, 's') +
    triple(mode, (mode & 0o1000) !== 0, 't')
  );
}

const timeText = ({ mtime }: ImageEntry): string =>
  new Date(mtime.seconds * 1000).toISOString().replace('.000Z', 'Z');

/**
 * A name that does no harm to a terminal, on one line: control characters, and bytes that are no UTF-8 (lone surrogates,
 * impl/ext4/directory/file-name.ts), become `\xNN`; a backslash is doubled, so that the two cannot be confused.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (found) => {
    if (found === '\\') return '\\\\';
    const byte = found.charCodeAt(0) & 0xff;
    return `\\x${byte.toString(16).padStart(2, '0')}`;
  });
}

const UNPRINTABLE = /[\p{Cc}\p{Cs}\\]/gu;

/** Columns of numbers under their headings, each as wide as it must be. */
function table(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [headings, ...rows].map((row) => row.map(String));
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => `${line.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ')}\n`)
    .join('');
}

/** What `twinpath image info --groups` adds. */
export function groupsText(groups: readonly GroupSummary[]): string {
  const headings = [
    'group',
    'first block',
    'blocks',
    'block bitmap',
    'inode bitmap',
    'inode table',
    'free blocks',
    'free inodes',
    'directories',
  ];
  return table(
    headings,
    groups.map((one) => [
      one.number,
      one.firstBlock,
      one.blocks,
      one.blockBitmap,
      one.inodeBitmap,
      one.inodeTable,
      one.freeBlocks,
      one.freeInodes,
      one.directories,
    ]),
  );
}

/** What `twinpath image map` prints. */
export const mapText = (runs: readonly MappedRun[]): string =>
  table(
    ['logical', 'physical', 'length', 'state'],
    runs.map(({ logical, physical, length, state }) => [
      logical,
      state === 'delayed' || state === 'inline' ? '-' : physical,
      length,
      state,
    ]),
  );
