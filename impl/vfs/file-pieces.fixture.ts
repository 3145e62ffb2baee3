import { execa } from 'execa';
import { expect } from 'vitest';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { withImage } from './disk-image.fixture.ts';

/** Where the blocks of files lie, as debugfs sees it. Only for tests. */

/** A run of a file's blocks. */
export interface Piece {
  readonly logical: number;
  readonly physical: number;
  readonly length: number;
}

/** The pieces that each file has: extents that continue each other count as one. */
export const piecesOf = (disk: MemoryDisk, names: readonly string[]): Promise<Piece[][]> =>
  withImage(disk, (image) => piecesOnImage(image, names));

/** The same of an image file. */
export async function piecesOnImage(image: string, names: readonly string[]): Promise<Piece[][]> {
  const input = names.map((name) => `dump_extents -l ${name}\n`).join('');
  const { stdout } = await execa('debugfs', ['-f', '-', image], { input });
  const answers = stdout.split('debugfs: dump_extents').slice(1);
  expect(answers.length).toBe(names.length);
  return answers.map(piecesIn);
}

function piecesIn(answer: string): Piece[] {
  const pieces: Piece[] = [];
  for (const match of answer.matchAll(/ (\d+) - +(\d+) +(\d+) - +(\d+) /g)) {
    const [logical = 0, logicalEnd = 0, physical = 0] = match.slice(1).map(Number);
    const last = pieces.at(-1);
    const length = logicalEnd + 1 - logical;
    const continues =
      last !== undefined &&
      last.logical + last.length === logical &&
      last.physical + last.length === physical;
    if (continues) pieces[pieces.length - 1] = { ...last, length: last.length + length };
    else pieces.push({ logical, physical, length });
  }
  return pieces;
}
