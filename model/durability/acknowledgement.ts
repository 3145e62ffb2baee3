/** What a call that returned has acknowledged as durable (rules 1 to 4 and 15 of rules.ts). */
export interface Acknowledgement {
  /** The recovered names and attributes are at least those of this version. */
  readonly floor: number;
  /** The same where i_disksize is i_size after each write (movesSizeAtOnce of rules.ts). */
  readonly floorAtOnce: number;
  /** Whose data. */
  readonly file: number | 'every' | 'none';
  /** Bytes [start, end) of it are there as they are now. */
  readonly start: number;
  readonly end: number;
  /** The size is at least this, or all that the file has: what was written before it moved i_disksize. */
  readonly reaches: number;
}

/** Whether data of this inode was acknowledged. */
export const concerns = ({ file }: Acknowledgement, inode: number): boolean =>
  file === 'every' || file === inode;

/** Whether all data of this inode was acknowledged, wherever it ends. */
export const concernsAll = (acknowledged: Acknowledgement | null, inode: number): boolean =>
  acknowledged !== null && concerns(acknowledged, inode) && acknowledged.end === Infinity;
