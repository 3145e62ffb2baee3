import type { NodeType, Operation, Outcome, SetTime } from '../../../model/index.ts';
import { FLAG_LETTERS } from '../../program-text.ts';
import { FILE_TYPES } from '../file-types.ts';
import { commandLine, type Line } from './lines.ts';
import { pathWord, quote } from './words.ts';

const MKNOD: Readonly<Record<NodeType, string | null>> = {
  file: null,
  fifo: 'p',
  socket: null,
  'character-device': 'c',
  'block-device': 'b',
};

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

/** Operations on names, by coreutils and chattr(1); null for what is none. */
export function nameLine(operation: Operation, step: number, expected: Outcome | null): Line | null {
  const does = (...words: readonly string[]): Line => commandLine(step, expected, words);
  switch (operation.op) {
    case 'truncate':
      return truncateLine(operation, step, expected);
    case 'mkdir':
      // mkdir(1) would see to the bits that mkdir(2) ignores.
      return does('mkdir', '-m', octal(operation.mode & MKDIR_BITS), pathWord(operation.path));
    case 'rmdir':
    case 'unlink':
      return does(operation.op, pathWord(operation.path));
    case 'link':
      return does('link', pathWord(operation.from), pathWord(operation.to));
    case 'symlink':
      return does('ln', '-s', '-T', '--', quote(operation.target), pathWord(operation.path));
    case 'rename':
      if (operation.flag !== undefined)
        return { obstacle: `mv has no word for rename with ${operation.flag}` };
      return does('mv', '-f', '-T', pathWord(operation.from), pathWord(operation.to));
    case 'mknod':
      return mknodLine(operation, does);
    case 'chmod':
      return does('chmod', octal(operation.mode), pathWord(operation.path));
    case 'chown':
      return does('chown', ownerWord(operation), pathWord(operation.path));
    case 'utimens':
      return utimensLine(operation, does);
    case 'chattr':
      return does('chattr', ...chattrWords(operation), pathWord(operation.path));
    case 'readlink':
      return readlinkLine(operation.path, step, expected);
    case 'stat':
    case 'lstat':
      return statLine(operation.path, operation.op === 'stat', step, expected);
    case 'readdir':
      return readdirLine(operation.path, step, expected);
    case 'lsattr':
      return lsattrLine(operation.path, step, expected);
    default:
      return null;
  }
}

/** truncate(1) would create what is not there, so the size is set by what xfs_io opens. */
function truncateLine(
  { path, size }: Extract<Operation, { op: 'truncate' }>,
  step: number,
  expected: Outcome | null,
): Line {
  if (size < 0) return { obstacle: 'xfs_io takes no negative size' };
  if (expected?.ok === false && expected.errno === 'EISDIR')
    return { obstacle: 'xfs_io opens a directory for reading instead' };
  return commandLine(step, expected, ['xfs_io', '-c', quote(`truncate ${size}`), pathWord(path)]);
}

const MKDIR_BITS = 0o1777;
const PERMISSIONS = 0o777;

type Does = (...words: readonly string[]) => Line;

function mknodLine({ path, type, mode, device }: Extract<Operation, { op: 'mknod' }>, does: Does): Line {
  const letter = MKNOD[type];
  if (letter === null) return { obstacle: `mknod(1) makes no ${type}` };
  if (mode > PERMISSIONS) return { obstacle: 'mknod(1) takes permissions only' };
  const numbers = letter === 'p' ? [] : [String(device.major), String(device.minor)];
  return does('mknod', '-m', octal(mode), pathWord(path), letter, ...numbers);
}

const ownerWord = ({ uid, gid }: { readonly uid: number; readonly gid: number }): string =>
  `${uid < 0 ? '' : `+${uid}`}${gid < 0 ? '' : `:+${gid}`}` || ':';

function utimensLine({ path, atime, mtime }: Extract<Operation, { op: 'utimens' }>, does: Does): Line {
  const each = [
    ['-a', atime],
    ['-m', mtime],
  ] as const;
  const set = each.filter(([, time]) => time !== 'omit');
  const [first, second] = set;
  if (first === undefined) return { obstacle: 'touch(1) sets at least one time' };
  if (second !== undefined && timeWord(first[1]) !== timeWord(second[1])) {
    return { obstacle: 'touch(1) sets both times to the same' };
  }
  const which = second === undefined ? [first[0]] : [];
  return does('touch', '-c', ...which, '-d', quote(timeWord(first[1])), pathWord(path));
}

const timeWord = (time: SetTime): string =>
  typeof time === 'string' ? time : `@${time.seconds}.${String(time.nanoseconds).padStart(9, '0')}`;

function chattrWords(operation: Extract<Operation, { op: 'chattr' }>): string[] {
  const letters = (on: boolean): string =>
    (Object.keys(FLAG_LETTERS) as (keyof typeof FLAG_LETTERS)[])
      .filter((name) => operation[name] === on)
      .map((name) => FLAG_LETTERS[name])
      .join('');
  const [set, cleared] = [letters(true), letters(false)];
  return [...(cleared === '' ? [] : [`-${cleared}`]), ...(set === '' ? [] : [`+${set}`])];
}

function readlinkLine(path: string, step: number, expected: Outcome | null): Line {
  if (expected?.ok !== true || expected.value.kind !== 'text')
    return { obstacle: 'readlink(1) does not say why it fails' };
  return { text: `says ${step} ${quote(expected.value.text)} readlink ${pathWord(path)}` };
}

/** The flags that the vocabulary knows, in the order in which lsattr(1) shows them. */
const SHOWN_FLAGS = ['S', 'D', 'i', 'a', 'd', 'A', 'j'];

/** Times depend on the clock, and sizes of directories on the file system: neither is judged. */
export function statLine(path: string, follows: boolean, step: number, expected: Outcome | null): Line {
  const follow = follows ? ['-L'] : [];
  if (expected?.ok !== true || expected.value.kind !== 'stat') {
    return commandLine(step, expected, ['stat', ...follow, pathWord(path)]);
  }
  const { type, mode, links, uid, gid, size } = expected.value.stat;
  const top = path === '.';
  const raw = (FILE_TYPES[type].bits | mode).toString(16);
  const words = [raw, ...(top ? [] : [links]), uid, gid, ...(type === 'directory' ? [] : [size])].join(' ');
  const format = ['%f', ...(top ? [] : ['%h']), '%u', '%g', ...(type === 'directory' ? [] : ['%s'])].join(
    ' ',
  );
  return {
    text: `says ${step} ${quote(words)} stat ${follow.map((word) => `${word} `).join('')}-c ${quote(format)} ${pathWord(path)}`,
  };
}

function readdirLine(path: string, step: number, expected: Outcome | null): Line {
  if (expected?.ok !== true || expected.value.kind !== 'entries')
    return commandLine(step, expected, ['ls', '-A', pathWord(path)]);
  const names = expected.value.entries.map(({ name }) => name).filter((name) => name !== 'lost+found');
  if (names.some((name) => name.includes('\n')))
    return { obstacle: 'ls(1) cannot show names with a new line' };
  return { text: `lists ${step} ${pathWord(path)} ${names.map(quote).join(' ')}`.trimEnd() };
}

function lsattrLine(path: string, step: number, expected: Outcome | null): Line {
  if (expected?.ok !== true || expected.value.kind !== 'flags')
    return { obstacle: 'lsattr(1) does not say why it fails' };
  const set = new Set(expected.value.flags.map((flag) => FLAG_LETTERS[flag]));
  const letters = SHOWN_FLAGS.filter((letter) => set.has(letter)).join('');
  return { text: `flags ${step} ${quote(letters)} ${pathWord(path)}` };
}
