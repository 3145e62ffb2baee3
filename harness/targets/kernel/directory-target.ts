import { existsSync } from 'node:fs';
import type { Credentials, ModelOptions } from '../../../model/index.ts';
import type { Setup } from '../../setup.ts';
import {
  TargetUnavailable,
  type Capabilities,
  type Session,
  type SessionOptions,
  type Target,
} from '../../target.ts';
import { isPaced, traitsOf } from './directory-traits.ts';
import { fileSystemAt } from './file-systems.ts';
import { FolderSessions } from './folder-sessions.ts';
import { linuxTraits } from './machine-traits.ts';
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
  readonly #sessions: FolderSessions;
  readonly #type: FileSystemName;

  constructor(name: string, path: string, workspace: string) {
    this.name = name;
    this.#workspace = workspace;
    this.#parent = path;
    this.#sessions = new FolderSessions(path, 'twinpath-');
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
    const uncompared = uncomparedOf(this.#type);
    const { session, writeZeroes } = await this.#sessions.start({
      ...{ performer, setup, now, uncompared, fileSystem: this.#type },
      paced: isPaced(this.traits, uncompared),
      otherwise: `a root of its own in ${this.#parent}`,
    });
    Object.assign(this.traits, linuxTraits(performer.hello), { writeZeroes });
    return session;
  }

  close(): Promise<void> {
    return this.#sessions.close();
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
