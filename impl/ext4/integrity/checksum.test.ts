import { execa } from 'execa';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../../block/memory-disk.ts';
import {
  bitmapChecksum,
  blockBitmapChecksumMatches,
  directoryIndexChecksum,
  directoryLeafChecksum,
  extentBlockChecksum,
  groupDescriptorChecksum,
  inodeBitmapChecksumMatches,
  inodeChecksumMatches,
  inodeSeed,
  orphanBlockChecksum,
  seedFromUuid,
  setInodeChecksum,
  superBlockChecksum,
} from './checksum.ts';
import { debugfs, inDirectory, load } from '../e2fsprogs.fixture.ts';
import { DX_ROOT_COUNT_OFFSET, DxCountLimitLayout, DxTailLayout } from '../layout/directory-index.ts';
import { DirectoryTailLayout } from '../layout/directory.ts';
import { ExtentHeaderLayout, ExtentTailLayout, extentTailOffset } from '../layout/extent.ts';
import {
  blockBitmap,
  EXT4_BG_BLOCK_UNINIT,
  EXT4_BG_INODE_UNINIT,
  GroupDescriptorLayout,
  inodeBitmap,
  inodeTable,
} from '../layout/group-descriptor.ts';
import { InodeLayout } from '../layout/inode.ts';
import { OrphanBlockTailLayout } from '../layout/orphan-block.ts';
import { SuperBlockLayout } from '../layout/superblock.ts';

/** What e2fsprogs wrote: blocks by number, and where to find what has a checksum. */
interface Reference {
  readonly disk: MemoryDisk;
  readonly indexed: { readonly ino: number; readonly blocks: readonly number[] };
  readonly sparse: { readonly ino: number; readonly treeBlock: number };
  readonly orphanFile: readonly number[];
}

const BLOCK = 1024;
const INODE_SIZES = [128, 256];

/** A file with more extents than an inode holds, and a directory large enough for an index, which e2fsck -D makes. */
async function makeReference(inodeSize: number): Promise<Reference> {
  return await inDirectory(async (path) => {
    await mkdir(path('tree'));
    await mkdir(path('tree/indexed'));
    for (let index = 0; index < 200; index++) await writeFile(path(`tree/indexed/a-long-name-${index}`), '');
    const sparse = await open(path('tree/sparse'), 'w');
    for (let index = 0; index < 12; index++) await sparse.write('data', index * 16 * BLOCK);
    await sparse.close();
    const image = path('image');
    await execa('truncate', ['-s', '32M', image]);
    const features = ['-t', 'ext4', '-O', 'orphan_file', '-b', String(BLOCK), '-I', String(inodeSize)];
    await execa('mke2fs', ['-q', '-F', ...features, '-d', path('tree'), image]);
    await execa('e2fsck', ['-fyD', image], { reject: false });
    const stat = async (name: string): Promise<string> => await debugfs(image, `stat ${name}`);
    const ino = (text: string): number => Number(/Inode: (\d+)/.exec(text)?.[1]);
    const blocks = async (name: string): Promise<number[]> =>
      (await debugfs(image, `blocks ${name}`)).trim().split(/\s+/).map(Number);
    const sparseStat = await stat('/sparse');
    return {
      disk: load(image),
      indexed: { ino: ino(await stat('/indexed')), blocks: await blocks('/indexed') },
      sparse: { ino: ino(sparseStat), treeBlock: Number(/\(ETB0\):(\d+)/.exec(sparseStat)?.[1]) },
      orphanFile: await blocks('<12>'),
    };
  });
}

function block(disk: MemoryDisk, number: number): DataView {
  const data = new Uint8Array(BLOCK);
  disk.read(number * BLOCK, data);
  return new DataView(data.buffer);
}

const bytes = (view: DataView): Uint8Array => new Uint8Array(view.buffer);

describe.each(INODE_SIZES)('checksums that e2fsprogs stored, inodes of %i bytes', (inodeSize) => {
  let reference: Reference;
  let seed: number;

  beforeAll(async () => {
    reference = await makeReference(inodeSize);
    seed = seedFromUuid(SuperBlockLayout.at(block(reference.disk, 1)).uuid);
  });

  const descriptor = (group: number) => GroupDescriptorLayout.at(block(reference.disk, 2), group * 64);

  const inodeAt = (ino: number) => {
    const perGroup = SuperBlockLayout.at(block(reference.disk, 1)).inodesPerGroup;
    const offset = ((ino - 1) % perGroup) * inodeSize;
    const table = inodeTable(descriptor(Math.floor((ino - 1) / perGroup)), 64);
    return InodeLayout.at(block(reference.disk, table + Math.floor(offset / BLOCK)), offset % BLOCK);
  };

  const seedOf = (ino: number): number => inodeSeed(seed, ino, inodeAt(ino).generation);

  test('superblock', () => {
    const view = block(reference.disk, 1);
    expect(superBlockChecksum(bytes(view))).toBe(SuperBlockLayout.at(view).checksum);
  });

  test('group descriptors and bitmaps', () => {
    const { blocksPerGroup, inodesPerGroup } = SuperBlockLayout.at(block(reference.disk, 1));
    let bitmaps = 0;
    for (let group = 0; group < 4; group++) {
      const raw = descriptor(group);
      const data = bytes(raw.view).subarray(raw.base, raw.base + 64);
      expect(groupDescriptorChecksum(seed, group, data)).toBe(raw.checksum);
      const used = bytes(block(reference.disk, blockBitmap(raw, 64)));
      const inodes = bytes(block(reference.disk, inodeBitmap(raw, 64)));
      if ((raw.flags & EXT4_BG_BLOCK_UNINIT) === 0) {
        expect(blockBitmapChecksumMatches(raw, 64, bitmapChecksum(seed, used, blocksPerGroup))).toBe(true);
        bitmaps++;
      }
      if ((raw.flags & EXT4_BG_INODE_UNINIT) === 0) {
        expect(inodeBitmapChecksumMatches(raw, 64, bitmapChecksum(seed, inodes, inodesPerGroup))).toBe(true);
        bitmaps++;
      }
    }
    expect(bitmaps).toBeGreaterThan(2);
  });

  test('inodes', () => {
    for (const ino of [2, 7, 8, 11, 12, reference.indexed.ino, reference.sparse.ino]) {
      const raw = inodeAt(ino);
      const halves = () => [raw.checksumLo, inodeSize > 128 ? raw.checksumHi : 0];
      const stored = halves();
      const own = inodeSeed(seed, ino, raw.generation);
      expect(inodeChecksumMatches(own, raw, inodeSize)).toBe(true);
      setInodeChecksum(own, raw, inodeSize);
      expect(halves()).toEqual(stored);
      expect(inodeChecksumMatches(inodeSeed(seed, ino + 1, raw.generation), raw, inodeSize)).toBe(false);
      raw.sizeLo ^= 1;
      expect(inodeChecksumMatches(own, raw, inodeSize)).toBe(false);
    }
  });

  test('block of an extent tree', () => {
    const view = block(reference.disk, reference.sparse.treeBlock);
    const { max } = ExtentHeaderLayout.at(view);
    const stored = ExtentTailLayout.at(view, extentTailOffset(max)).checksum;
    expect(extentBlockChecksum(seedOf(reference.sparse.ino), bytes(view), max)).toBe(stored);
  });

  test('directory: index root and leaves', () => {
    const { ino, blocks } = reference.indexed;
    expect(blocks.length).toBeGreaterThan(3);
    blocks.forEach((number, index) => {
      const view = block(reference.disk, number);
      if (index > 0) {
        const tail = DirectoryTailLayout.at(view, BLOCK - DirectoryTailLayout.size);
        expect(directoryLeafChecksum(seedOf(ino), bytes(view))).toBe(tail.checksum);
        return;
      }
      const { limit, count } = DxCountLimitLayout.at(view, DX_ROOT_COUNT_OFFSET);
      const tail = DxTailLayout.at(view, DX_ROOT_COUNT_OFFSET + limit * 8);
      expect(directoryIndexChecksum(seedOf(ino), bytes(view), DX_ROOT_COUNT_OFFSET, limit, count)).toBe(
        tail.checksum,
      );
    });
  });

  test('orphan file', () => {
    expect(reference.orphanFile.length).toBe(32);
    for (const number of reference.orphanFile) {
      const view = block(reference.disk, number);
      const tail = OrphanBlockTailLayout.at(view, BLOCK - OrphanBlockTailLayout.size);
      expect(orphanBlockChecksum(seedOf(12), number, bytes(view))).toBe(tail.checksum);
    }
  });
});
