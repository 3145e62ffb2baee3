/** A range of a file: where it starts and how long it is, both in blocks or both in clusters. */
export interface FileWindow {
  readonly start: number;
  readonly length: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** A file is expected to grow to the next of these sizes; beyond the last one it gets aligned pieces. */
const SIZES = [16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB, 256 * KIB, 512 * KIB, MIB];

/** Pieces of larger files: up to `sizeMax` bytes they are of `piece` bytes. */
const PIECES = [
  { sizeMax: 4 * MIB, piece: 2 * MIB },
  { sizeMax: 8 * MIB, piece: 4 * MIB },
  { sizeMax: Infinity, piece: 8 * MIB },
];

/** No piece has more blocks, so that one of 1 KiB each fits in a group beside its metadata. */
const PIECE_BLOCKS_MAX = 2048;

/**
 * The window of a file that is looked for when `length` blocks from `logical` on are wanted and the file has (or is about
 * to have) `size` bytes: a power of two, by what files of that size grow to (ext4_mb_normalize_request). The window holds
 * `logical`, and all of the request unless that is as large as the largest piece.
 */
export function normalizedWindow(
  logical: number,
  length: number,
  size: number,
  blockSize: number,
): FileWindow {
  const bytes = Math.max(size, (logical + length) * blockSize);
  const expected = SIZES.find((limit) => bytes <= limit);
  if (expected !== undefined) return { start: 0, length: expected / blockSize };
  const most = PIECE_BLOCKS_MAX * blockSize;
  const piece = PIECES.find(({ sizeMax, piece: each }) => bytes <= sizeMax || each >= most)?.piece ?? most;
  const blocks = Math.min(piece, most) / blockSize;
  if (length >= blocks) return { start: logical, length };
  const start = logical - (logical % blocks);
  // A request across the border of two pieces gets its first piece whole.
  return { start, length: blocks };
}

/**
 * What of `window` is neither mapped nor set aside yet: between `from` and `to`, which lie on both sides of `logical`
 * (ext4_mb_normalize_request and ext4_mb_pa_adjust_overlap).
 */
export function clipWindow(window: FileWindow, from: number, to: number): FileWindow {
  const start = Math.max(window.start, from);
  return { start, length: Math.min(window.start + window.length, to) - start };
}
