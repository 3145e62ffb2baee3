import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { join } from 'node:path';
import { ext4Options, type Credentials, type ModelOptions } from '../../../model/index.ts';
import { BASE_SECONDS, type Setup } from '../../setup.ts';
import {
  TargetUnavailable,
  type Capabilities,
  type Session,
  type SessionOptions,
  type Target,
} from '../../target.ts';
import { fileSystemAt } from './file-systems.ts';
import { KernelClock } from './kernel-clock.ts';
import { KernelSession } from './kernel-session.ts';
import { differencesOf } from './known-differences.ts';
import { machineTraits } from './machine-traits.ts';
import { unaskedOf, uncomparedOf, type FileSystemName } from './promises.ts';
import { startHere } from './performer-pool.ts';
import type { Performer } from './performer.ts';
import type { Seat } from './seat.ts';

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
      unperformed: new Set([...OTHERS_AFFAIRS, ...unaskedOf(this.#type), ...more]),
    };
    const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
    this.caller = isRoot ? null : { uid, gid, groups: [] };
    this.traits = existsSync(path) ? traitsOf(path, uid, gid) : {};
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
      paced: this.traits.atime === 'relatime',
    });
    clock.record(now, from, Date.now() * 1000 + TICK_MICROSECONDS);
    if (error !== undefined) {
      performer.kill();
      rmSync(folder, { recursive: true });
      throw new TargetUnavailable(`a root of its own in ${this.#parent}: ${error}`);
    }
    Object.assign(this.traits, machineTraits(performer.hello), { writeZeroes });
    const seat = new DirectorySeat(performer, folder);
    const known = differencesOf(performer.hello.kernel, this.#type, setup);
    return new KernelSession(seat, clock, known, uncomparedOf(this.#type));
  }

  mount(): never {
    throw new TargetUnavailable('a directory is no image');
  }
}

/** Flags keep a directory from being taken away again; whoever else uses the file system has its mount options, and would wait for the thaw. */
const OTHERS_AFFAIRS = [
  'reconfigure',
  'chattr',
  'set-project',
  'freeze',
  'thaw',
  'swapon',
  'swapoff',
] as const;

/** Somebody who is not root has a root of his own in a user namespace only, where the ids of others mean nothing (EINVAL). */
const IN_A_USER_NAMESPACE = ['setcreds', 'chown', 'setxattr'] as const;

const ROOT_MODE = 0o755;

/** The longest tick there is, of a kernel with 100 of them a second. */
const TICK_MICROSECONDS = 10_000;

/** What is known without asking the disk: the limits are those of ext4, and where another's differ, nothing is generated. */
function traitsOf(path: string, uid: number, gid: number): Partial<ModelOptions> {
  const time = { seconds: BASE_SECONDS, nanoseconds: 0 };
  const { bsize } = statfsSync(path);
  const root = { path: '.', mode: ROOT_MODE, uid, gid, atime: time, mtime: time, ctime: time };
  return {
    ...ext4Options(bsize, time),
    atime: atimeOf(path),
    directories: [root],
  };
}

/** The mount option of the file system that the path is on: the last mount of the longest folder above it. */
function atimeOf(path: string): ModelOptions['atime'] {
  const real = realpathSync(path);
  const mounts = readFileSync('/proc/self/mounts', 'utf8').trim().split('\n');
  const above = mounts
    .map((line) => line.split(' '))
    .filter(([, folder = '']) => `${real}/`.startsWith(folder === '/' ? folder : `${folder}/`));
  const longest = Math.max(...above.map(([, folder = '']) => folder.length));
  const options = above.filter(([, folder = '']) => folder.length === longest).at(-1)?.[3] ?? '';
  return options.split(',').includes('noatime') ? 'noatime' : 'relatime';
}

/** A sub-directory, and a performer that stands in it for good: who has given up his rights cannot leave. */
class DirectorySeat implements Seat {
  readonly performer: Performer;
  readonly #folder: string;

  constructor(performer: Performer, folder: string) {
    this.performer = performer;
    this.#folder = folder;
  }

  disk(): Promise<null> {
    return Promise.resolve(null);
  }

  release(): void {
    void this.performer.end().finally(() => this.#remove());
  }

  destroy(): void {
    this.performer.kill();
    this.#remove();
  }

  /** Somebody who is not root must give himself back what the sequence took from him. */
  #remove(): void {
    openUp(this.#folder);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function openUp(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) openUp(join(folder, entry.name));
}
