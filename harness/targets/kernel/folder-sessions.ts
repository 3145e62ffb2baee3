import { chmodSync, mkdtempSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Timestamp } from '../../../model/index.ts';
import type { Setup } from '../../setup.ts';
import { TargetUnavailable, type Session, type Uncompared } from '../../target.ts';
import { DirectorySeats } from './directory-seat.ts';
import { ROOT_MODE } from './directory-traits.ts';
import { KernelClock } from './kernel-clock.ts';
import { KernelSession } from './kernel-session.ts';
import { MetDifferences } from './met-differences.ts';
import type { Performer } from './performer.ts';
import type { FileSystemName } from './promises.ts';

/** The longest tick there is, of a kernel with 100 of them a second. */
const TICK_MICROSECONDS = 10_000;

/** Who performs a session, and what is expected of it. */
export interface FolderPlan {
  readonly performer: Performer;
  readonly setup: Setup;
  /** What the model is told of the time at which the folder is made. */
  readonly now: Timestamp;
  /** Every operation begins in another tick of the clock. */
  readonly paced: boolean;
  readonly fileSystem: FileSystemName;
  readonly uncompared: ReadonlySet<Uncompared>;
  /** What cannot be had where the performer cannot stand in the folder; the reason follows. */
  readonly otherwise: string;
}

/** Sessions in folders of file systems that are mounted already, a fresh one for each, which goes when the session is over. */
export class FolderSessions {
  readonly #parent: string;
  /** Names of folders begin with it. */
  readonly #name: string;
  readonly #seats = new DirectorySeats();

  constructor(parent: string, name: string) {
    this.#parent = parent;
    this.#name = name;
  }

  /** Says also whether the device below writes zeros faster than bytes. The performer is ended where there is no session. */
  async start(plan: FolderPlan): Promise<{ readonly session: Session; readonly writeZeroes: boolean }> {
    const { performer, setup, now, paced, fileSystem, uncompared, otherwise } = plan;
    const from = Date.now() * 1000 - TICK_MICROSECONDS;
    const folder = mkdtempSync(join(realpathSync(this.#parent), this.#name));
    chmodSync(folder, ROOT_MODE);
    const seat = this.#seats.take(performer, folder);
    try {
      const place = { kind: 'folder', folder };
      const { error, writesZeroes = false } = await performer.call({ call: 'stand', place, paced });
      if (error !== undefined) throw new Error(error);
      const clock = new KernelClock(false);
      clock.record(now, from, Date.now() * 1000 + TICK_MICROSECONDS);
      const differences = new MetDifferences(performer.hello.kernel, fileSystem, setup);
      return { session: new KernelSession(seat, clock, differences, uncompared), writeZeroes: writesZeroes };
    } catch (error) {
      seat.destroy();
      throw new TargetUnavailable(`${otherwise}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Waits until nothing is left of any. */
  close(): Promise<void> {
    return this.#seats.close();
  }
}
