import { EXT4_ERROR_FS, SuperBlockLayout, type RawSuperBlock } from '../layout/superblock.ts';
import type { Timestamp } from '../inode/timestamp.ts';

/** s_first_error_errcode and s_last_error_errcode (EXT4_ERR_*). */
const ERROR_CODES = { EIO: 2, EFSBADCRC: 4, EFSCORRUPTED: 5, ESHUTDOWN: 16 } as const;

/** What the superblock remembers of an error. */
export interface RecordedError {
  readonly code: keyof typeof ERROR_CODES;
  /** 0 when it is no inode's. */
  readonly ino: number;
  /** Where the kernel names its function, we name the structure. */
  readonly where: string;
}

/** The fields s_error_count to s_last_error_func: what a replay of the log must not undo (EXT4_S_ERR_START to _END). */
const FIRST = SuperBlockLayout.fields.errorCount.offset;
const END = SuperBlockLayout.fields.mountOpts.offset;

/** Counts the error and keeps the first and the last one (save_error_info, ext4_update_super). */
export function recordError(raw: RawSuperBlock, error: RecordedError, now: Timestamp): void {
  const { ino, where } = error;
  const seconds = now.seconds >>> 0;
  const secondsHigh = Math.max(0, Math.floor(now.seconds / 2 ** 32)) & 0xff;
  const code = ERROR_CODES[error.code];
  raw.state |= EXT4_ERROR_FS;
  if (raw.firstErrorTime === 0 && raw.firstErrorTimeHi === 0) {
    raw.firstErrorTime = seconds;
    raw.firstErrorTimeHi = secondsHigh;
    raw.firstErrorIno = ino;
    setText(raw.firstErrorFunc, where);
    raw.firstErrorErrcode = code;
  }
  raw.lastErrorTime = seconds;
  raw.lastErrorTimeHi = secondsHigh;
  raw.lastErrorIno = ino;
  setText(raw.lastErrorFunc, where);
  raw.lastErrorErrcode = code;
  raw.errorCount = Math.min(raw.errorCount + 1, 0xffffffff);
}

function setText(target: Uint8Array, text: string): void {
  target.fill(0);
  for (let index = 0; index < Math.min(text.length, target.length - 1); index++) {
    target[index] = text.charCodeAt(index) & 0x7f;
  }
}

/** What is known of errors before the log is replayed; null when there is nothing. */
export const errorsOf = (raw: RawSuperBlock, bytes: Uint8Array): Uint8Array | null =>
  raw.errorCount === 0 && (raw.state & EXT4_ERROR_FS) === 0 ? null : bytes.slice(FIRST, END);

/** The log held an older superblock: it gets back what was known of errors. */
export function restoreErrors(raw: RawSuperBlock, bytes: Uint8Array, errors: Uint8Array): void {
  bytes.set(errors, FIRST);
  raw.state |= EXT4_ERROR_FS;
}
