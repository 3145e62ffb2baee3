import { expect, test } from 'vitest';
import { LogFormat } from '../log-format.ts';
import { BlockTag3Layout, BlockTagLayout, BlockTailLayout } from './block-tag.ts';
import { CommitBlockLayout } from './commit.ts';
import { JournalHeaderLayout } from './header.ts';
import { RevokeBlockLayout } from './revoke.ts';
import { JournalSuperblockLayout } from './superblock.ts';

// Sizes and offsets are those of Documentation/filesystems/ext4/journal.rst.
test.each([
  [JournalHeaderLayout, 12],
  [JournalSuperblockLayout, 1024],
  [BlockTagLayout, 12],
  [BlockTag3Layout, 16],
  [BlockTailLayout, 4],
  [CommitBlockLayout, 60],
  [RevokeBlockLayout, 16],
])('$0.name has the size that the format document gives', (layout, size) => {
  expect(layout.size).toBe(size);
});

test('fields stand where the format document puts them', () => {
  const { fields } = JournalSuperblockLayout;
  expect(fields.first.offset).toBe(0x14);
  expect(fields.start.offset).toBe(0x1c);
  expect(fields.uuid.offset).toBe(0x30);
  expect(fields.fastCommitBlocks.offset).toBe(0x54);
  expect(fields.checksum.offset).toBe(0xfc);
  expect(CommitBlockLayout.fields.checksum.offset).toBe(0x10);
  expect(CommitBlockLayout.fields.commitSecondsHigh.offset).toBe(0x30);
  expect(CommitBlockLayout.fields.commitNanoseconds.offset).toBe(0x38);
  expect(BlockTag3Layout.fields.checksum.offset).toBe(0xc);
});

test.each([
  ['none', 0x0, 8, 0, 4],
  ['64bit', 0x2, 12, 0, 8],
  ['csum_v2', 0x8, 10, 4, 4],
  ['csum_v2 and 64bit', 0xa, 14, 4, 8],
  ['csum_v3', 0x10, 16, 4, 4],
  ['csum_v3 and 64bit', 0x12, 16, 4, 8],
])('features %s: tags of the size that journal_tag_bytes answers', (_, incompat, tag, tail, record) => {
  const raw = JournalSuperblockLayout.at(new DataView(new ArrayBuffer(1024)));
  raw.blockSize = 4096;
  raw.featureIncompat = incompat;
  const format = new LogFormat(raw);
  expect([format.tagBytes, format.tailBytes, format.revokeRecordBytes]).toEqual([tag, tail, record]);
});
