import { fail } from '../../lib/errno.ts';
import { READY, waitUntil, type Sleepable } from '../../sched/sleepable.ts';
import { syncFileSystem } from '../data/sync.ts';
import { COMPAT, INCOMPAT, RO_COMPAT } from './features.ts';
import type { SuperBlock } from './super-block.ts';
import { commitSuperBlock } from './update.ts';

/**
 * A frozen file system (freeze_super, ext4_freeze): everything is on the device, the log is empty and not needed, and
 * whoever wants to change something sleeps until it is thawed. The device may be copied meanwhile.
 */
export class Freezer {
  readonly #sb: SuperBlock;
  #frozen = false;

  constructor(sb: SuperBlock) {
    this.#sb = sb;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  /** sb_start_write(), sb_start_pagefault(), sb_start_intwrite(): sleeps while the file system is frozen. */
  startWrite(): Sleepable<void> {
    return this.#frozen ? waitUntil('the thaw of the file system', () => !this.#frozen) : READY;
  }

  /** FIFREEZE. Fails with EBUSY when it is frozen, EIO. */
  *freeze(): Sleepable<void> {
    if (this.#frozen) fail('EBUSY');
    const sb = this.#sb;
    this.#frozen = true;
    try {
      yield* this.#waitForWriters();
      if (sb.readOnly || sb.health.emergency) return;
      yield* syncFileSystem(sb);
      yield* sb.journal.flush();
      this.#setFlags(false);
      yield* commitSuperBlock(sb);
    } catch (error) {
      this.#frozen = false;
      throw error;
    }
  }

  /** FITHAW. Fails with EINVAL when it is not frozen, EIO. */
  *thaw(): Sleepable<void> {
    if (!this.#frozen) fail('EINVAL');
    const sb = this.#sb;
    if (!sb.readOnly && !sb.health.emergency) {
      this.#setFlags(true);
      yield* commitSuperBlock(sb);
    }
    this.#frozen = false;
  }

  /** Whoever changes something holds the i_rwsem of what he changes, or a running handle, for which the flush waits. */
  *#waitForWriters(): Sleepable<void> {
    for (const inode of [...this.#sb.inodes.all()]) {
      yield* inode.lock.write();
      inode.lock.unlockWrite();
    }
  }

  /** What a crash needs from now on: recovery, if something may change. */
  #setFlags(changing: boolean): void {
    const { raw, features, journal } = this.#sb;
    if (!journal.recovers) return;
    const orphanFile = (features.compat & COMPAT.orphan_file) !== 0;
    if (changing) {
      raw.featureIncompat |= INCOMPAT.needs_recovery;
      if (orphanFile) raw.featureRoCompat |= RO_COMPAT.orphan_present;
      return;
    }
    raw.featureIncompat &= ~INCOMPAT.needs_recovery;
    if (this.#sb.orphans.isEmpty) raw.featureRoCompat &= ~RO_COMPAT.orphan_present;
  }
}
