import type { Timestamp } from './operation.ts';

/** The earliest second that an ext4 inode of 256 bytes stores (EXT4_TIMESTAMP_MIN). */
export const SECONDS_MIN = -(2 ** 31);

/** The latest second that an ext4 inode of 256 bytes stores (EXT4_EXTRA_TIMESTAMP_MAX): 2^34 - 1 - 2^31. */
export const SECONDS_MAX = 0x37fffffff;

/** The latest second that an ext4 inode of 128 bytes stores (EXT4_NON_EXTRA_TIMESTAMP_MAX). */
export const OLD_SECONDS_MAX = 2 ** 31 - 1;

/** The size in bytes of an inode that has no room for more than 32 bits of seconds. */
const OLD_INODE_BYTES = 128;

/** Whether inodes of this size keep whole seconds only (s_time_gran). */
export const keepsWholeSeconds = (inodeBytes: number): boolean => inodeBytes <= OLD_INODE_BYTES;

const SECONDS_PER_DAY = 24 * 60 * 60;

/** Negative, zero or positive, as `a` is earlier than, equal to or later than `b`. */
export function compareTimes(a: Timestamp, b: Timestamp): number {
  return a.seconds - b.seconds || a.nanoseconds - b.nanoseconds;
}

/** Whether a time that a target shows is one of the model's: its clock may be another one. */
export type SameTime = (expected: Timestamp, observed: Timestamp) => boolean;

/** Times are the same to the nanosecond. */
export const exactlySame: SameTime = (expected, observed) => compareTimes(expected, observed) === 0;

/**
 * What inodes of this size keep of a time (timestamp_truncate): seconds are clamped to what they can store, and on either
 * limit, reached or exceeded, the nanoseconds become zero.
 */
export function clampTime(time: Timestamp, inodeBytes: number): Timestamp {
  const old = keepsWholeSeconds(inodeBytes);
  const latest = old ? OLD_SECONDS_MAX : SECONDS_MAX;
  if (time.seconds > SECONDS_MIN && time.seconds < latest) {
    return old && time.nanoseconds !== 0 ? { seconds: time.seconds, nanoseconds: 0 } : time;
  }
  return { seconds: time.seconds <= SECONDS_MIN ? SECONDS_MIN : latest, nanoseconds: 0 };
}

/** Whether an access at `now` moves atime on a relatime mount (relatime_need_update). */
export function relatimeMovesAtime(
  times: { readonly atime: Timestamp; readonly mtime: Timestamp; readonly ctime: Timestamp },
  now: Timestamp,
): boolean {
  const { atime } = times;
  return (
    compareTimes(times.mtime, atime) >= 0 ||
    compareTimes(times.ctime, atime) >= 0 ||
    now.seconds - atime.seconds >= SECONDS_PER_DAY
  );
}

/**
 * Whether two times may be stamps of one second on a clock that is slower than the one that operations are told: all of a
 * sequence takes less than a day.
 */
export function mayShareSecond(one: Timestamp, other: Timestamp): boolean {
  return Math.abs(one.seconds - other.seconds) < SECONDS_PER_DAY;
}
