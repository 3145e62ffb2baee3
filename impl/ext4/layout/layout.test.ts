import { expect, test } from 'vitest';
import type { Struct } from '../../lib/struct.ts';
import { DxCountLimitLayout, DxEntryLayout, DxRootInfoLayout, DxTailLayout } from './directory-index.ts';
import { DirectoryEntryLayout, DirectoryTailLayout } from './directory.ts';
import { ExtentHeaderLayout, ExtentIndexLayout, ExtentLayout, ExtentTailLayout } from './extent.ts';
import { GroupDescriptorLayout } from './group-descriptor.ts';
import { InodeLayout } from './inode.ts';
import { MmpLayout } from './mmp.ts';
import { OrphanBlockTailLayout } from './orphan-block.ts';
import {
  QuotaBlockHeaderLayout,
  QuotaEntryLayout,
  QuotaHeaderLayout,
  QuotaInfoLayout,
} from './quota-file.ts';
import { SuperBlockLayout } from './superblock.ts';

type AnyStruct = Struct<Readonly<Record<string, never>>> | { name: string; size: number; fields: object };

/** Sizes from Documentation/filesystems/ext4 of the kernel. */
const SIZES: readonly (readonly [AnyStruct, number])[] = [
  [SuperBlockLayout, 1024],
  [GroupDescriptorLayout, 64],
  [InodeLayout, 160],
  [ExtentHeaderLayout, 12],
  [ExtentLayout, 12],
  [ExtentIndexLayout, 12],
  [ExtentTailLayout, 4],
  [DirectoryEntryLayout, 8],
  [DirectoryTailLayout, 12],
  [DxRootInfoLayout, 8],
  [DxCountLimitLayout, 4],
  [DxEntryLayout, 8],
  [DxTailLayout, 8],
  [OrphanBlockTailLayout, 8],
  [MmpLayout, 1024],
  // Of quota files: include/uapi and fs/quota/quotaio_v2.h of the kernel.
  [QuotaHeaderLayout, 8],
  [QuotaInfoLayout, 24],
  [QuotaBlockHeaderLayout, 16],
  [QuotaEntryLayout, 72],
];

test.each(SIZES.map(([layout, size]) => ({ name: layout.name, layout, size })))(
  '$name fills $size bytes without a gap',
  ({ layout, size }) => {
    const fields = Object.values(layout.fields) as { offset: number; width: number }[];
    expect(layout.size).toBe(size);
    expect(fields.reduce((sum, field) => sum + field.width, 0)).toBe(size);
  },
);
