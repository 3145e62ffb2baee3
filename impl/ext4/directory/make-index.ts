import type { BufferHead } from '../../buffer/buffer-head.ts';
import type { Handle } from '../../jbd2/handle.ts';
import { assert } from '../../lib/assert.ts';
import { Corruption } from '../../lib/corruption.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { EXT4_INDEX_FL, type Inode } from '../inode/inode.ts';
import { DX_ROOT_COUNT_OFFSET, DX_ROOT_INFO_OFFSET, DxRootInfoLayout } from '../layout/directory-index.ts';
import { DOT_DOT_OFFSET, entryLength, entryOffsets, fillLeaf, hasDots, setEntryLength } from './block.ts';
import { indexLimit, indexSeal } from './index-block.ts';
import { IndexFrame } from './index-frame.ts';
import { appendDirectoryBlock, becomeKnown, directoryBlocks, leafSeal } from './io.ts';
import { splitLeaf } from './split-leaf.ts';

/**
 * Gives a directory of one block, which is full, an index (make_indexed_dir): the block becomes the root, its names go to a
 * first leaf, and that is split. Answers the leaf in which `name` has room. Fails with ENOSPC, perhaps with a sound index
 * of one full leaf.
 */
export function* makeIndex(
  handle: Handle,
  dir: Inode,
  block: BufferHead,
  name: Uint8Array,
): Sleepable<BufferHead> {
  const { directoryHash, hasChecksums } = dir.sb;
  if (!hasDots(block.data, dir.ino))
    throw new Corruption(`block 0 of directory ${dir.ino}`, 'entries', 'others', '. and ..');
  const logical = directoryBlocks(dir);
  assert(logical === 1, () => `an index is made for a directory of ${logical} blocks`);
  const names = entryOffsets(block.data, DOT_DOT_OFFSET + entryLength(block.data, DOT_DOT_OFFSET));
  const leaf = yield* appendDirectoryBlock(handle, dir, leafSeal(dir), (data) => {
    fillLeaf(data, block.data, names, hasChecksums);
  });
  yield* handle.getWriteAccess(block);
  dir.flags |= EXT4_INDEX_FL;
  const root = makeRoot(dir, block, directoryHash.defaultVersion, logical);
  handle.dirtyMetadata(block);
  const { major } = directoryHash.of(directoryHash.defaultVersion, name);
  return yield* splitLeaf(handle, dir, root, directoryHash.defaultVersion, leaf, major);
}

/** Makes block 0, in which . and .. stay, a root that leads to one leaf. */
function makeRoot(dir: Inode, block: BufferHead, version: number, leaf: number): IndexFrame {
  const { data } = block;
  setEntryLength(data, DOT_DOT_OFFSET, data.length - DOT_DOT_OFFSET);
  data.fill(0, DX_ROOT_INFO_OFFSET);
  const info = DxRootInfoLayout.at(block.view, DX_ROOT_INFO_OFFSET);
  info.hashVersion = version;
  info.infoLength = DxRootInfoLayout.size;
  const root = new IndexFrame(block, 0);
  root.setCounts(1, indexLimit(dir, DX_ROOT_COUNT_OFFSET));
  root.setBlock(0, leaf);
  becomeKnown(block, indexSeal(dir, DX_ROOT_COUNT_OFFSET));
  return root;
}
