import {
  bitmapChecksum,
  setBlockBitmapChecksum,
  setInodeBitmapChecksum,
  superBlockChecksum,
} from '../integrity/checksum.ts';
import {
  blockBitmap,
  GroupDescriptorLayout,
  inodeBitmap,
  inodeTable,
  type RawGroupDescriptor,
} from '../layout/group-descriptor.ts';
import { SUPERBLOCK_OFFSET, SuperBlockLayout } from '../layout/superblock.ts';
import { descriptorBlock } from '../allocation/group-layout.ts';
import { bytesPart, tablePart, type Bytes, type Seal } from './part.ts';
import { amend, bytesOf, viewAt, type Specimen } from './specimen.ts';

/** A group as its descriptor shows it. */
export interface DissectedGroup {
  readonly number: number;
  readonly inodeBitmap: number;
  /** First block. */
  readonly inodeTable: number;
}

export function dissectSuperBlock(specimen: Specimen): void {
  const seal = specimen.checksumSeed === null ? null : sealSuperBlock;
  specimen.add(tablePart(SuperBlockLayout, { place: 'primary', offset: SUPERBLOCK_OFFSET, seal }));
}

function sealSuperBlock(disk: Bytes): void {
  amend(disk, SUPERBLOCK_OFFSET, SuperBlockLayout.size, (view) => {
    SuperBlockLayout.at(view).checksum = superBlockChecksum(bytesOf(view));
  });
}

/** The descriptor of every group, and its bitmaps. */
export function dissectGroups(specimen: Specimen): DissectedGroup[] {
  const found: DissectedGroup[] = [];
  const { descriptorSize, blockSize } = specimen;
  for (let number = 0; number < specimen.groups; number++) {
    const offset = descriptorOffset(specimen, number);
    if (offset + descriptorSize > specimen.disk.sizeBytes) break;
    const raw = GroupDescriptorLayout.at(viewAt(specimen.disk, offset, Math.max(descriptorSize, 64)));
    const place = String(number);
    const seal = descriptorSeal(specimen, number, offset);
    const size = Math.min(descriptorSize, GroupDescriptorLayout.size);
    specimen.add(tablePart(GroupDescriptorLayout, { place, offset, seal }, size));
    const blocks = { at: blockBitmap(raw, descriptorSize), bits: specimen.raw.clustersPerGroup };
    const inodes = { at: inodeBitmap(raw, descriptorSize), bits: specimen.raw.inodesPerGroup };
    for (const [structure, { at, bits }, store] of [
      ['block bitmap', blocks, setBlockBitmapChecksum],
      ['inode bitmap', inodes, setInodeBitmapChecksum],
    ] as const) {
      if (specimen.block(at) === null) continue;
      const bitmap = { offset: at * blockSize, bits, store };
      const bitmapSeal = sealOfBitmap(specimen, bitmap, offset, seal);
      specimen.add(
        bytesPart(structure, { place, offset: bitmap.offset, seal: bitmapSeal }, bytesOfBits(specimen, bits)),
      );
    }
    found.push({ number, inodeBitmap: inodes.at, inodeTable: inodeTable(raw, descriptorSize) });
  }
  return found;
}

const bytesOfBits = ({ blockSize }: Specimen, bits: number): number =>
  Math.min(blockSize, Math.ceil(bits / 8));

function descriptorOffset({ layout, blockSize, descriptorSize }: Specimen, group: number): number {
  const perBlock = Math.floor(blockSize / descriptorSize);
  return (
    descriptorBlock(layout, Math.floor(group / perBlock)) * blockSize + (group % perBlock) * descriptorSize
  );
}

function descriptorSeal(
  { groupChecksum, descriptorSize }: Specimen,
  group: number,
  offset: number,
): Seal | null {
  if (groupChecksum === null) return null;
  return (disk) =>
    amend(disk, offset, descriptorSize, (view) => {
      GroupDescriptorLayout.at(view).checksum = groupChecksum(group, bytesOf(view));
    });
}

interface Bitmap {
  readonly offset: number;
  readonly bits: number;
  readonly store: (raw: RawGroupDescriptor, descriptorSize: number, crc: number) => void;
}

/** A bitmap's checksum stands in the descriptor, which has one of its own. */
function sealOfBitmap(
  specimen: Specimen,
  bitmap: Bitmap,
  descriptor: number,
  next: Seal | null,
): Seal | null {
  const { checksumSeed, descriptorSize } = specimen;
  if (checksumSeed === null || next === null) return null;
  return (disk) => {
    const bits = bytesOf(viewAt(disk, bitmap.offset, bytesOfBits(specimen, bitmap.bits)));
    const crc = bitmapChecksum(checksumSeed, bits, bitmap.bits);
    amend(disk, descriptor, descriptorSize, (view) =>
      bitmap.store(GroupDescriptorLayout.at(view), descriptorSize, crc),
    );
    next(disk);
  };
}
