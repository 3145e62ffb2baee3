import { Corruption, type Finding } from '../../lib/corruption.ts';
import { fail, Failure } from '../../lib/errno.ts';
import { KernelPanic } from '../../lib/kernel-panic.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { EXT4_ERROR_FS } from '../layout/superblock.ts';
import { recordError, type RecordedError } from './error-record.ts';
import type { SuperBlock } from './super-block.ts';
import { commitSuperBlock } from './update.ts';

/** Inode, superblock: what the record of an error changes. */
const RECORD_CREDITS = 1;

/** Whether errors were found, and what follows from one (ext4_handle_error, s_mount_state). */
export class Health {
  readonly #sb: SuperBlock;
  /** s_mount_state: what s_state becomes at unmount. */
  mountState: number;
  /** EXT4_FLAGS_EMERGENCY_RO: after an error with errors=remount-ro nothing is changed any more. */
  emergency = false;
  /** What was last found wrong on the disk. */
  finding: Finding | null = null;
  /** What the kernel would have said of this mount in its log. */
  readonly notices: string[] = [];

  constructor(sb: SuperBlock) {
    this.#sb = sb;
    this.mountState = sb.raw.state;
  }

  get hasErrors(): boolean {
    return (this.mountState & EXT4_ERROR_FS) !== 0;
  }

  /** ext4_emergency_state(): fails with EROFS. */
  failInEmergency(): void {
    if (this.emergency) fail('EROFS');
  }

  /**
   * ext4_error(): something on the disk is wrong. Recorded in the superblock; unless errors=continue, the journal is
   * aborted at once, so that what was half done when it was found never reaches the disk. The caller holds no handle.
   * Throws KernelPanic with errors=panic.
   */
  *corrupted({ finding, errno }: Corruption): Sleepable<void> {
    this.finding = finding;
    const ino = Number(/^ext4_inode (\d+)/.exec(finding.structure)?.[1] ?? 0);
    const code = errno === 'EBADMSG' ? 'EFSBADCRC' : 'EFSCORRUPTED';
    yield* this.#handle({ code, ino, where: `${finding.structure} ${finding.field}` }, false);
  }

  /** ext4_abort(): the journal was aborted, whatever `errors` says. Throws KernelPanic with errors=panic. */
  *journalAborted(): Sleepable<void> {
    if (this.emergency) return;
    yield* this.#handle({ code: 'EIO', ino: 0, where: 'Detected aborted journal' }, true);
  }

  /** `mount -o remount,abort`: somebody wants that nothing is changed any more, whatever `errors` says. */
  *abortedByUser(): Sleepable<void> {
    if (this.emergency) return;
    yield* this.#handle({ code: 'ESHUTDOWN', ino: 0, where: 'Abort forced by user' }, true);
  }

  *#handle(error: RecordedError, forced: boolean): Sleepable<void> {
    const sb = this.#sb;
    const goesOn = sb.options.errors === 'continue' && !forced;
    this.mountState |= EXT4_ERROR_FS;
    if (!goesOn && !sb.readOnly) yield* sb.journal.abort();
    if (sb.device.readOnly !== true) yield* this.#record(error, goesOn);
    if (goesOn || sb.readOnly || this.emergency) return;
    this.emergency = true;
    if (sb.options.errors === 'panic') throw new KernelPanic(`panic forced after error: ${error.where}`);
  }

  /** While updates go on, the superblock in memory may hold some that are not committed: then it goes through the journal. */
  *#record(error: RecordedError, goesOn: boolean): Sleepable<void> {
    const sb = this.#sb;
    try {
      if (goesOn && !sb.readOnly && !sb.journal.aborted) {
        const handle = yield* sb.journal.start(RECORD_CREDITS);
        yield* handle.getWriteAccess(sb.buffer);
        recordError(sb.raw, error, sb.now);
        handle.dirtyMetadata(sb.buffer);
        yield* handle.stop();
        return;
      }
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
    }
    recordError(sb.raw, error, sb.now);
    yield* this.#commit();
  }

  /** A device that takes nothing any more is no reason to fail once more. */
  *#commit(): Sleepable<void> {
    try {
      yield* commitSuperBlock(this.#sb);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
    }
  }
}
