/** Blocks of a file that are in one state and lie behind one another. */
export interface BlockRun {
  /** First block of the file. */
  readonly logical: number;
  /** Blocks. */
  readonly length: number;
  readonly state: 'written' | 'unwritten' | 'delayed' | 'hole';
  /** First block on the device; null where there is none. */
  readonly physical: number | null;
}

/** A folio of the page cache. `blocks` has a letter for each: `D` dirty, `u` uptodate, `-` neither. */
export interface FolioPicture {
  /** First page in the file, and how many pages of 4096 bytes. */
  readonly index: number;
  readonly pages: number;
  readonly blocks: string;
  readonly dirty: boolean;
  readonly uptodate: boolean;
  readonly writeback: boolean;
  /** What each block's buffer_head is beyond that: `delay`, `unwritten`, `new`; empty on the iomap path. */
  readonly buffers: readonly string[];
}

/** A regular file as a target has it in memory. */
export interface FilePicture {
  /** One of its names; null when none of those that were asked for leads to it. */
  readonly name: string | null;
  readonly ino: number;
  readonly links: number;
  /** i_size and i_disksize, bytes. */
  readonly size: number;
  readonly diskSize: number;
  /** The address_space_operations. */
  readonly table: string;
  /** Contents that lie in the inode have no blocks. */
  readonly inline: boolean;
  readonly runs: readonly BlockRun[];
  readonly folios: readonly FolioPicture[];
  /** Some runs or folios were left out. */
  readonly cut: boolean;
  /** Clusters promised to delayed blocks. */
  readonly promised: number;
}

/** Where the journal stands: ids of transactions, and blocks of the log. */
export interface JournalPicture {
  /** The transaction that takes updates; null when none is open. */
  readonly running: number | null;
  readonly committed: number;
  /** Committed transactions whose blocks have not all come home. */
  readonly checkpoints: number;
  readonly head: number;
  readonly tail: number;
  readonly free: number;
  readonly size: number;
  readonly aborted: boolean;
}

/** What a target has in memory between two operations. */
export interface MemoryPicture {
  /** Bytes. */
  readonly blockSize: number;
  readonly files: readonly FilePicture[];
  /** Null without a journal. */
  readonly journal: JournalPicture | null;
}
