import type { Content, Errno, Run } from '../../../model/index.ts';

/** A word as any shell takes it literally. */
export const quote = (word: string): string =>
  word !== '' && /^[A-Za-z0-9_./=+:,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** A path that no program takes for an option. */
export const pathWord = (path: string): string => quote(path.startsWith('-') ? `./${path}` : path);

/** xfs_io splits a command at blanks and knows double quotes only: nothing that stands in its commands may need any. */
export const isPlainForXfsIo = (path: string): boolean => /^[A-Za-z0-9_./+:,=-]+$/.test(path);

const PRINTABLE = 94;
const FIRST_PRINTABLE = 0x21;

/** xfs_io fills with one byte, so each seed gets a letter of its own; far-away seeds share one. */
export const letterOf = (seed: number): number => FIRST_PRINTABLE + (seed % PRINTABLE);

export const letterWord = ({ seed }: Content): string => `0x${letterOf(seed).toString(16)}`;

/** The bytes that a run has when contents are letters; null where nobody can know them. */
export function letters(runs: readonly Run[]): Uint8Array | null {
  if (runs.some(({ kind }) => kind === 'any')) return null;
  const parts = runs.map((run) =>
    new Uint8Array(run.length).fill(run.kind === 'bytes' ? letterOf(run.seed) : 0),
  );
  return Buffer.concat(parts);
}

/** strerror(3) in the C locale, of what a reproducer may expect. */
const WORDS: Partial<Readonly<Record<Errno, string>>> = {
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  ENXIO: 'No such device or address',
  E2BIG: 'Argument list too long',
  EBADF: 'Bad file descriptor',
  EAGAIN: 'Resource temporarily unavailable',
  EACCES: 'Permission denied',
  EBUSY: 'Device or resource busy',
  EEXIST: 'File exists',
  EXDEV: 'Invalid cross-device link',
  ENODEV: 'No such device',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EINVAL: 'Invalid argument',
  ETXTBSY: 'Text file busy',
  EFBIG: 'File too large',
  ENOSPC: 'No space left on device',
  EMLINK: 'Too many links',
  ENAMETOOLONG: 'File name too long',
  ENOTEMPTY: 'Directory not empty',
  ELOOP: 'Too many levels of symbolic links',
  EOPNOTSUPP: 'Operation not supported',
};

/** What a program says when a call of its fails that way; null where programs say something of their own. */
export const errorWords = (errno: Errno): string | null => WORDS[errno] ?? null;
