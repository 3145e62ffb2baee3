import type { Path } from './operation.ts';

/** The longest name of a directory entry in bytes (EXT4_NAME_LEN); a longer one is ENAMETOOLONG when looked up. */
export const NAME_BYTES_MAX = 255;

/** The size in bytes of the kernel's buffer for a path with its final NUL (PATH_MAX). */
export const PATH_BUFFER_BYTES = 4096;

/** How many symbolic links one walk follows (MAXSYMLINKS); one more is ELOOP. */
export const SYMLINKS_MAX = 40;

/** The most bytes that one read or write moves (MAX_RW_COUNT with 4 KiB pages). */
export const TRANSFER_BYTES_MAX = 0x7ffff000;

/** The size in bytes of the pages in which files are mapped, and of the pieces in which memory comes, whatever blocks files have. */
export const PAGE_BYTES = 4096;

/** FIBMAP is told an int. */
export const INT_MAX = 2 ** 31 - 1;

/** The highest mode that a call can set. */
export const MODE_MAX = 0o7777;

/** The bytes that `text` takes in UTF-8. A lone surrogate counts as U+FFFD, which is what an encoder writes for it. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (isSurrogatePair(text, index)) {
      // Four bytes for two units: the pair's two units are counted already.
      bytes += 2;
      index++;
    } else bytes += 2;
  }
  return bytes;
}

function isSurrogatePair(text: string, index: number): boolean {
  return (text.codePointAt(index) ?? 0) > 0xffff;
}

/** Whether `text` has more than `limit` UTF-8 bytes. Short texts, which are nearly all, are decided by their length. */
export function exceedsBytes(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  return text.length * 3 > limit && utf8Length(text) > limit;
}

/** What getname() answers before any walk: the empty path is ENOENT, 4096 bytes and more are ENAMETOOLONG. */
export function pathError(path: Path): 'ENOENT' | 'ENAMETOOLONG' | null {
  if (path.length === 0) return 'ENOENT';
  return exceedsBytes(path, PATH_BUFFER_BYTES - 1) ? 'ENAMETOOLONG' : null;
}

/** Whether `value` is a whole number from `min` to `max`. */
export const isNumber = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;

/** Whether `value` is a place in a file, or a length: a whole number that arithmetic is exact for. */
export const isCount = (value: number, max = Number.MAX_SAFE_INTEGER): boolean => isNumber(value, 0, max);

/** Extents name so many blocks of a file at most (EXT_MAX_BLOCKS). */
export const FILE_BLOCKS_MAX = 2 ** 32 - 1;
