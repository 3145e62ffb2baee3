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

/** i_xtime: the low 32 bits of the seconds. */
export const encodeSeconds = (time: Timestamp): number => time.seconds >>> 0;

/** i_xtime_extra: two bits of epoch and thirty of nanoseconds (ext4_encode_extra_time). */
export function encodeExtra(time: Timestamp): number {
  const epoch = Math.floor((time.seconds - (time.seconds | 0)) / 2 ** 32) & 3;
  return ((time.nanoseconds << 2) | epoch) >>> 0;
}

/** The time that the two fields mean; without the extra field the seconds are signed 32 bits. */
export function decodeTime(seconds: number, extra: number): Timestamp {
  const epoch = extra & 3;
  return { seconds: epoch === 0 ? seconds | 0 : (seconds | 0) + epoch * 2 ** 32, nanoseconds: extra >>> 2 };
}
