import { tmpdir } from 'node:os';
import type { Credentials, ModelOptions } from '../../../model/index.ts';
import { answerWithoutInput, startPartner } from '../../process.ts';
import type { Setup } from '../../setup.ts';
import {
  TargetUnavailable,
  type Capabilities,
  type Session,
  type SessionOptions,
  type Target,
  type Uncompared,
} from '../../target.ts';
import type { Unperformed } from '../../unperformed.ts';
import { FrameReader } from './channel.ts';
import { FOREIGN_AFFAIRS, IN_A_USER_NAMESPACE } from './directory-target.ts';
import { isPaced, traitsOf } from './directory-traits.ts';
import { fileSystemAt } from './file-systems.ts';
import { FolderSessions } from './folder-sessions.ts';
import { readHello, type Hello } from './hello.ts';
import { machineTraits } from './machine-traits.ts';
import { Performer, SILENCE_MS_MAX } from './performer.ts';
import { unaskedOf, uncomparedOf, type FileSystemName } from './promises.ts';

/** What the name of such a target begins with; a program and its words follow, with blanks between them. */
export const COMMAND_PREFIX = 'command:';

/**
 * A file system of somebody else's, in whatever language: a program that speaks the guest protocol (docs/guest-protocol.md).
 * It is started for each session, and is given an empty folder, which it may use or not. What it performs it says itself,
 * in its first frame, for which it is started once without a request.
 */
export class CommandTarget implements Target {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly caller: Credentials | null;
  readonly traits: Partial<ModelOptions>;
  readonly #words: readonly string[];
  readonly #workspace: string;
  readonly #sessions: FolderSessions;
  readonly #hello: Hello | TargetUnavailable;
  /** Whose promises it is held to: what it says, or that of whatever the folder is in, where it may keep its files. */
  readonly #fileSystem: FileSystemName;

  constructor(name: string, workspace: string) {
    this.name = name;
    this.#workspace = workspace === '' ? tmpdir() : workspace;
    this.#sessions = new FolderSessions(this.#workspace, 'command-');
    this.#words = name.slice(COMMAND_PREFIX.length).split(/\s+/).filter(Boolean);
    const hello = helloOf(this.#words);
    this.#hello = hello;
    const unknown = hello instanceof TargetUnavailable;
    this.#fileSystem = (unknown ? undefined : hello.fileSystem) ?? fileSystemAt(this.#workspace);
    this.capabilities = {
      powerCut: false,
      images: false,
      unperformed: unknown ? new Set() : unperformedBy(hello, this.#fileSystem),
    };
    this.caller = unknown || hello.uid === 0 ? null : { uid: hello.uid, gid: hello.gid, groups: [] };
    this.traits = unknown ? {} : promisedBy(hello, this.#fileSystem, this.#workspace);
  }

  async start(setup: Setup, { now }: SessionOptions): Promise<Session> {
    if (this.#hello instanceof TargetUnavailable) throw this.#hello;
    const performer = await this.#performer();
    const uncompared = uncomparedBy(this.#hello, this.#fileSystem);
    const { session, writeZeroes } = await this.#sessions.start({
      ...{ performer, setup, now, uncompared, fileSystem: this.#fileSystem },
      paced: isPaced(this.traits, uncompared),
      otherwise: `${this.name}: a fresh file system`,
    });
    Object.assign(this.traits, { writeZeroes });
    return session;
  }

  close(): Promise<void> {
    return this.#sessions.close();
  }

  mount(): never {
    throw new TargetUnavailable(`${this.name} mounts no images`);
  }

  async #performer(): Promise<Performer> {
    const [program = '', ...words] = this.#words;
    try {
      return await Performer.over((onBytes) => startPartner(program, words, onBytes));
    } catch (error) {
      throw new TargetUnavailable(`${this.name}: ${messageOf(error)}`);
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What the program says of itself when nothing is asked of it; it must end then. */
function helloOf([program, ...words]: readonly string[]): Hello | TargetUnavailable {
  if (program === undefined) return new TargetUnavailable(`${COMMAND_PREFIX} names no program`);
  try {
    const { stdout, ended } = answerWithoutInput(program, words, SILENCE_MS_MAX);
    const [frame] = new FrameReader().read(stdout);
    if (frame === undefined) throw new Error(`no frame came from it; it ${ended}`);
    return readHello(frame.text);
  } catch (error) {
    return new TargetUnavailable(`${program}: ${messageOf(error)}`);
  }
}

/** Words that mean nothing here are those of a newer version; nobody would ask for them. */
function unperformedBy(hello: Hello, fileSystem: FileSystemName): Unperformed {
  const own = hello.unperformed ?? FOREIGN_AFFAIRS;
  const others = hello.uid === 0 ? [] : IN_A_USER_NAMESPACE;
  return new Set([...own, ...others, ...unaskedOf(fileSystem)]) as Unperformed;
}

function uncomparedBy(hello: Hello, fileSystem: FileSystemName): ReadonlySet<Uncompared> {
  const known = uncomparedOf(fileSystem);
  return hello.times === false ? new Set([...known, 'times']) : known;
}

/** Where it says nothing it is taken for what stores its files in the folder that it is given. */
function promisedBy(hello: Hello, fileSystem: FileSystemName, folder: string): Partial<ModelOptions> {
  const { uid, gid, blockSize, atime } = hello;
  return {
    ...traitsOf(folder, fileSystem, uid, gid, blockSize),
    ...(atime !== undefined && { atime }),
    ...machineTraits(hello),
  };
}
