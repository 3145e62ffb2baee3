import { expect } from 'vitest';
import type { ImageView } from '../harness/image/image-view.ts';
import { ImageOverlay } from '../harness/image/image-overlay.ts';
import { viewImage } from '../harness/targets/typescript/image-viewer.ts';
import { e2fsprogs } from './workbench.fixture.ts';

/** Does our reading of an image say what dumpe2fs and debugfs say of it, number by number? */

/** Our look at the image in a file. */
export async function withView(path: string, body: (view: ImageView) => Promise<void>): Promise<void> {
  const overlay = ImageOverlay.open(path);
  try {
    await body(viewImage(overlay));
  } finally {
    overlay.close();
  }
}

const numberIn = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? Number.NaN);

/** The superblock's counts, and for each group where its metadata lies and every counter and flag of its descriptor. */
export async function countersAgree(view: ImageView, path: string): Promise<void> {
  const facts = view.facts();
  const said = await e2fsprogs('dumpe2fs', [path]);
  const of = (name: string): number => numberIn(said, new RegExp(`^${name}: +(\\d+)`, 'm'));
  expect([facts.blocks, facts.blocksFree, facts.inodes, facts.inodesFree]).toEqual(
    ['Block count', 'Free blocks', 'Inode count', 'Free inodes'].map(of),
  );
  const ratio = said.includes('\nCluster size:') ? of('Cluster size') / of('Block size') : 1;
  const groups = said.split(/^(?=Group \d+:)/m).slice(1);
  expect(facts.groups.length).toBe(groups.length);
  for (const [index, group] of groups.entries()) {
    const { firstBlock, blocks, flags, ...rest } = facts.groups[index] ?? expect.fail('no such group');
    expect({ firstBlock, lastBlock: firstBlock + blocks - 1, flags, ...rest }, group).toEqual({
      number: numberIn(group, /^Group (\d+)/),
      firstBlock: numberIn(group, /\(Blocks (\d+)-/),
      lastBlock: numberIn(group, /\(Blocks \d+-(\d+)\)/),
      blockBitmap: numberIn(group, /Block bitmap at (\d+)/),
      inodeBitmap: numberIn(group, /Inode bitmap at (\d+)/),
      inodeTable: numberIn(group, /Inode table at (\d+)/),
      freeBlocks: numberIn(group, /(\d+) free (?:blocks|clusters)/) * ratio,
      freeInodes: numberIn(group, /(\d+) free inodes/),
      directories: numberIn(group, /(\d+) directories/),
      // Not said when there are none.
      unusedInodes: Number(/(\d+) unused inodes/.exec(group)?.[1] ?? 0),
      flags: (/^Group[^\n]*\[([A-Z_, ]+)\]/.exec(group)?.[1] ?? '').split(', ').filter((word) => word !== ''),
    });
  }
}

/** Blocks of a file that lie side by side. */
export interface Piece {
  readonly logical: number;
  readonly physical: number;
  readonly length: number;
  readonly unwritten: boolean;
}

/** Pieces that follow each other become one: debugfs shows entries of the tree, and blocks of a map in its own way. */
export function joined(pieces: readonly Piece[]): Piece[] {
  const whole: Piece[] = [];
  for (const piece of pieces) {
    const last = whole.at(-1);
    const follows =
      last !== undefined &&
      last.unwritten === piece.unwritten &&
      last.logical + last.length === piece.logical &&
      last.physical + last.length === piece.physical;
    if (follows) whole[whole.length - 1] = { ...last, length: last.length + piece.length };
    else whole.push(piece);
  }
  return whole;
}

/** Where we find a file's blocks; nothing of what lies in its inode. */
export const piecesOf = (view: ImageView, name: string): Piece[] =>
  view
    .map(name)
    .filter(({ state }) => state !== 'inline')
    .map(({ state, ...run }) => ({ ...run, unwritten: state === 'unwritten' }));

/** Where the blocks of a file lie up to its end, and which of them are unwritten. */
export async function extentsAgree(view: ImageView, path: string, name: string): Promise<void> {
  const said = await e2fsprogs('debugfs', ['-R', `stat /${name}`, path]);
  const [, listed = ''] = /^(?:EXTENTS|BLOCKS):\n(.*)$/ms.exec(said) ?? [];
  // Blocks of the tree or the map itself have letters in their parentheses.
  const blocks = Math.ceil(view.entry(name).size / view.facts().blockSize);
  const listedPieces = [...listed.matchAll(/\((\d+)(?:-(\d+))?(\[u\])?\):(\d+)/g)].map(
    ([, first, last, unwritten, physical]): Piece => ({
      logical: Number(first),
      physical: Number(physical),
      length: Number(last ?? first) - Number(first) + 1,
      unwritten: unwritten !== undefined,
    }),
  );
  // Beyond the end there may be unwritten ones.
  const theirs = listedPieces
    .filter(({ logical }) => logical < blocks)
    .map((piece) => ({ ...piece, length: Math.min(piece.length, blocks - piece.logical) }));
  const ours = piecesOf(view, name);
  expect(ours.length < view.map(name).length, name).toBe(said.includes('Size of inline data:'));
  expect(joined(ours), name).toEqual(joined(theirs));
}
