import type { Timestamp } from './operation.ts';

/** The earliest second that an ext4 inode of 256 bytes stores (EXT4_TIMESTAMP_MIN). */
export const SECONDS_MIN = -(2 ** 31);

/** The latest second that an ext4 inode of 256 bytes stores (EXT4_EXTRA_TIMESTAMP_MAX): 2^34 - 1 - 2^31. */
export const SECONDS_MAX = 0x37fffffff;

const SECONDS_PER_DAY = 24 * 60 * 60;

/** Negative, zero or positive, as `a` is earlier than, equal to or later than `b`. */
export function compareTimes(a: Timestamp, b: Timestamp): number {
  return a.seconds - b.seconds || a.nanoseconds - b.nanoseconds;
}

/**
 * What the file system keeps of a time that a caller sets (timestamp_truncate): seconds are clamped to what it can
 * store, and on either limit, reached or exceeded, the nanoseconds become zero.
 */
export function clampTime(time: Timestamp): Timestamp {
  if (time.seconds > SECONDS_MIN && time.seconds < SECONDS_MAX) return time;
  return { seconds: time.seconds <= SECONDS_MIN ? SECONDS_MIN : SECONDS_MAX, nanoseconds: 0 };
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
