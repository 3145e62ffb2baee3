import { hasFeature, type Features } from '../super/features.ts';
import { MkfsError } from './mkfs-error.ts';
import type { MkfsOptions } from './options.ts';

/** jbd2 refuses shorter journals (JBD2_MIN_JOURNAL_BLOCKS). */
export const JOURNAL_BLOCKS_MIN = 1024;
const JOURNAL_BLOCKS_MAX = 10_240_000;

/** One block for fast commits on so many of the journal (EXT2_JOURNAL_TO_FC_BLKS_RATIO). */
const JOURNAL_PER_FAST_COMMIT = 64;

interface JournalSize {
  readonly journalBlocks: number;
  readonly fastCommitBlocks: number;
}

/** All blocks of the journal, and those of them that are for fast commits. */
export function chooseJournal(options: MkfsOptions, features: Features, blocks: number): JournalSize {
  if (!hasFeature(features, 'has_journal')) {
    if (options.journalBlocks === undefined) return { journalBlocks: 0, fastCommitBlocks: 0 };
    throw new MkfsError(`journal of ${options.journalBlocks} blocks without has_journal`);
  }
  const usual = defaultJournalBlocks(blocks, options.blockSize);
  const ordinary = options.journalBlocks ?? usual;
  const fastCommitBlocks = hasFeature(features, 'fast_commit')
    ? Math.floor(usual / JOURNAL_PER_FAST_COMMIT)
    : 0;
  const journalBlocks = ordinary + fastCommitBlocks;
  if (!Number.isInteger(ordinary) || ordinary < JOURNAL_BLOCKS_MIN || journalBlocks > JOURNAL_BLOCKS_MAX) {
    throw new MkfsError(
      `journal of ${ordinary} blocks: not between ${JOURNAL_BLOCKS_MIN} and ${JOURNAL_BLOCKS_MAX}`,
    );
  }
  return { journalBlocks, fastCommitBlocks };
}

/** By the size of the file system in blocks (ext2fs_default_journal_size). */
function defaultJournalBlocks(blocks: number, blockSize: number): number {
  if (blocks < 2048) {
    throw new MkfsError(`${blocks} blocks of ${blockSize} bytes are too few for a journal: at least 2048`);
  }
  if (blocks < 32 * 1024) return 1024;
  if (blocks < 256 * 1024) return 4096;
  if (blocks < 512 * 1024) return 8192;
  if (blocks < 4096 * 1024) return 16384;
  if (blocks < 8192 * 1024) return 32768;
  if (blocks < 16384 * 1024) return 65536;
  return blocks < 32768 * 1024 ? 131072 : 262144;
}

/** ext2fs_default_orphan_file_blocks. */
export function orphanFileBlocks(blocks: number): number {
  if (blocks < 128 * 1024) return 32;
  return blocks < 2 * 1024 * 1024 ? Math.floor(blocks / 4096) : 512;
}
