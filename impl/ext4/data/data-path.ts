import type { AddressSpaceOperations } from '../../mm/address-space-operations.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { MkwriteOutcome, VmOperations } from '../../mm/fault.ts';
import type { Folio } from '../../mm/folio.ts';
import type { UserMemory } from '../../mm/user-memory.ts';
import type { Inode } from '../inode/inode.ts';
import type { Written } from './file.ts';
import type { IoRules } from './io-rules.ts';
import type { TailOrder } from './tail.ts';
import type { Writer } from './write-checks.ts';

/**
 * One of the ways in which the bytes of a regular file travel between memory and disk: the page cache's callbacks, and
 * what ext4 itself must do differently for each way. One table per way; an inode has one for its life in memory.
 */
export interface DataPath extends AddressSpaceOperations {
  readonly name: 'ext4_aops' | 'ext4_da_aops' | 'ext4_iomap_aops' | 'ext4_journalled_aops' | 'ext4_dax_aops';
  /** Data may be in the log: a block that is freed must be revoked there (ext4_should_journal_data). */
  readonly logsData: boolean;
  /**
   * Copies `source` into the cache at byte `position` and moves i_size (generic_perform_write, or
   * iomap_file_buffered_write). `length` is what the caller wants to write: where `source` is shorter, memory ends there.
   * Answers the bytes written; fails (ENOSPC, EIO) when none could be, or answers 0 when there is no memory. Under i_rwsem.
   */
  bufferedWrite(inode: Inode, position: number, source: Uint8Array, length: number): Sleepable<number>;
  /**
   * Bytes [position, position + length) of one block read as zeros afterwards, on disk too once written back
   * (ext4_block_truncate_page and its kin). Holes stay holes. Not inside a handle.
   */
  zeroPartialBlock(inode: Inode, position: number, length: number): Sleepable<void>;
  /** When the zeros behind a new end reach the disk. */
  readonly tail: TailOrder;
  /**
   * Makes a folio, not locked, ready for stores through a shared mapping: every block of it that lies within the file has a
   * place or a promise of one, and is dirty. Under invalidateLock, shared. Fails with ENOSPC, EIO.
   */
  pageMkwrite(inode: Inode, folio: Folio): Sleepable<MkwriteOutcome>;
  /** What leads past the page cache where the file is mapped directly (S_DAX); null: it is not. */
  readonly dax: DaxAccess | null;
}

/** How a file that is mapped directly is read, written and shown in memory, instead of with folios. */
export interface DaxAccess {
  read(inode: Inode, position: number, target: Uint8Array, nowait: boolean): Sleepable<number>;
  write(
    inode: Inode,
    position: number,
    memory: UserMemory,
    rules: IoRules,
    writer: Writer,
  ): Sleepable<Written>;
  faults(inode: Inode): VmOperations;
}
