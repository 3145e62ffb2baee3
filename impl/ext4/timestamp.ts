/** A point in time, immutable. ext4 stores -2^31 .. 2^34 - 2^31 - 1 seconds with 256-byte inodes. */
export interface Timestamp {
  readonly seconds: number;
  /** 0 .. 999,999,999. */
  readonly nanoseconds: number;
}

export const EPOCH: Timestamp = Object.freeze({ seconds: 0, nanoseconds: 0 });

/** Orders two times as timespec64_compare: negative when `left` is earlier. */
export const compareTimestamps = (left: Timestamp, right: Timestamp): number =>
  left.seconds - right.seconds || left.nanoseconds - right.nanoseconds;
