import type { CallbackCounts } from '../data/callback-counts.ts';
import type { FaultSwitches } from '../../lib/faults.ts';

/** How a file system is mounted; names and defaults are the kernel's (Documentation/admin-guide/ext4.rst). */
export interface MountOptions {
  /** `buffered_iomap`: regular files use the iomap path where they can. */
  readonly bufferedIomap: boolean;
  readonly delalloc: boolean;
  /**
   * `dax`: which regular files are loaded and stored on the device itself, where it can be mapped: all, none, or those with the flag
   * DAX, which is also what null means, nothing said.
   */
  readonly dax: 'always' | 'never' | 'inode' | null;
  /** `dioread_nolock`: the buffer_head path, too, allocates unwritten extents and converts them when written. */
  readonly dioreadNolock: boolean;
  readonly readOnly: boolean;
  /** The device is told of freed blocks as soon as the transaction that freed them is durable. */
  readonly discard: boolean;
  /** `data`: `journal` puts the data of files into the log, too; it switches delalloc and dioread_nolock off. */
  readonly data: 'ordered' | 'writeback' | 'journal';
  /** `sync`: every file and directory is as with chattr +S. */
  readonly sync: boolean;
  /** `dirsync`: every directory is as with chattr +D. */
  readonly dirsync: boolean;
  readonly atime: 'relatime' | 'noatime' | 'strictatime';
  readonly errors: 'continue' | 'remount-ro' | 'panic';
  /** `data_err`: what a failed writeback of data does to the journal. */
  readonly dataErr: 'ignore' | 'abort';
  /** `journal_checksum`: without metadata_csum, too, a transaction has a checksum. */
  readonly journalChecksum: boolean;
  /**
   * `noload`: the journal is not looked at. Read-only unless it is clean; read-only it writes only where a clean image has
   * orphans.
   */
  readonly noload: boolean;
  /** `resuid`, `resgid`: who, besides root, may use the reserved blocks; null for what the superblock says. */
  readonly resuid: number | null;
  readonly resgid: number | null;
  /** Counts the callbacks of the tables that inodes use; null: nobody does. */
  readonly callbackCounts: CallbackCounts | null;
  /** Planted bugs: all off except in tests of the harness. */
  readonly faults: FaultSwitches;
}
