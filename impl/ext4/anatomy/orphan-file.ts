import { orphanBlockChecksum } from '../integrity/checksum.ts';
import { OrphanBlockTailLayout } from '../layout/orphan-block.ts';
import type { DissectedInode } from './inodes.ts';
import { tablePart, wordsPart, type Seal } from './part.ts';
import { amend, bytesOf, type Specimen } from './specimen.ts';

/** Slots of each block that become parts: the first are the ones in use. */
const SLOTS = 8;

export function dissectOrphanFile(
  specimen: Specimen,
  { seed }: DissectedInode,
  blocks: readonly number[],
): void {
  const { blockSize } = specimen;
  const tailOffset = blockSize - OrphanBlockTailLayout.size;
  for (const [index, block] of blocks.entries()) {
    if (specimen.block(block) === null) continue;
    const offset = block * blockSize;
    const place = `block ${index}`;
    const seal: Seal | null =
      seed === null
        ? null
        : (disk) =>
            amend(disk, offset, blockSize, (view) => {
              const tail = OrphanBlockTailLayout.at(view, tailOffset);
              tail.checksum = orphanBlockChecksum(seed, block, bytesOf(view));
            });
    specimen.add(wordsPart('orphan file slots', { place, offset, seal }, SLOTS));
    specimen.add(tablePart(OrphanBlockTailLayout, { place, offset: offset + tailOffset, seal }));
  }
}
