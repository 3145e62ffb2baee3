import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Credentials, ModelOptions } from '../../../model/index.ts';
import type { Setup } from '../../setup.ts';
import {
  TargetUnavailable,
  type Capabilities,
  type Session,
  type SessionOptions,
  type Target,
} from '../../target.ts';
import { DirectorySeats } from './directory-seat.ts';
import { isPaced, ROOT_MODE, traitsOf } from './directory-traits.ts';
import { fileSystemAt } from './file-systems.ts';
import { KernelClock } from './kernel-clock.ts';
import { KernelSession } from './kernel-session.ts';
import { linuxTraits } from './machine-traits.ts';
import { MetDifferences } from './met-differences.ts';
import { unaskedOf, uncomparedOf, type FileSystemName } from './promises.ts';
import { startHere } from './performer-pool.ts';

/**
 * A directory of whatever file system is mounted there. Each session works in a fresh sub-directory, which is its root: no
 * path leads out of it. Whoever runs it is who calls; only root can act as others.
 */
export class DirectoryTarget implements Target {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly traits: Partial<ModelOptions>;
  readonly caller: Credentials | null;
  readonly #parent: string;
  readonly #workspace: string;
  readonly #seats = new DirectorySeats();
  readonly #type: FileSystemName;

  constructor(name: string, path: string, workspace: string) {
    this.name = name;
    this.#workspace = workspace;
    this.#parent = path;
    const isRoot = process.getuid?.() === 0;
    this.#type = fileSystemAt(path);
    const more = isRoot ? [] : IN_A_USER_NAMESPACE;
    this.capabilities = {
      powerCut: false,
      images: false,
      unperformed: new Set([...FOREIGN_AFFAIRS, ...unaskedOf(this.#type), ...more]),
    };
    const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
    this.caller = isRoot ? null : { uid, gid, groups: [] };
    this.traits = existsSync(path) ? traitsOf(path, this.#type, uid, gid) : {};
  }

  async start(setup: Setup, { now }: SessionOptions): Promise<Session> {
    if (!existsSync(this.#parent)) throw new TargetUnavailable(`there is no directory ${this.#parent}`);
    const performer = await startHere(this.#workspace);
    const from = Date.now() * 1000 - TICK_MICROSECONDS;
    const folder = mkdtempSync(join(realpathSync(this.#parent), 'twinpath-'));
    const clock = new KernelClock(false);
    chmodSync(folder, ROOT_MODE);
    const place = { kind: 'folder', folder };
    const { error, writesZeroes: writeZeroes = false } = await performer.call({
      call: 'stand',
      place,
      paced: isPaced(this.traits, uncomparedOf(this.#type)),
    });
    clock.record(now, from, Date.now() * 1000 + TICK_MICROSECONDS);
    if (error !== undefined) {
      performer.kill();
      rmSync(folder, { recursive: true });
      throw new TargetUnavailable(`a root of its own in ${this.#parent}: ${error}`);
    }
    Object.assign(this.traits, linuxTraits(performer.hello), { writeZeroes });
    const seat = this.#seats.take(performer, folder);
    const differences = new MetDifferences(performer.hello.kernel, this.#type, setup);
    return new KernelSession(seat, clock, differences, uncomparedOf(this.#type));
  }

  close(): Promise<void> {
    return this.#seats.close();
  }

  mount(): never {
    throw new TargetUnavailable('a directory is no image');
  }
}

/** Flags keep a directory from being taken away again; whoever else uses the file system has its mount options, and would wait for the thaw. */
export const FOREIGN_AFFAIRS = [
  'reconfigure',
  'chattr',
  'set-project',
  'freeze',
  'thaw',
  'swapon',
  'swapoff',
] as const;

/** Somebody who is not root has a root of his own in a user namespace only, where the ids of others mean nothing (EINVAL). */
export const IN_A_USER_NAMESPACE = ['setcreds', 'chown', 'setxattr'] as const;

/** The longest tick there is, of a kernel with 100 of them a second. */
export const TICK_MICROSECONDS = 10_000;
