import type {
  ModelOptions,
  Operation,
  Outcome,
  Path,
  SameTime,
  SpaceReport,
  Timestamp,
} from '../../../model/index.ts';
import { OPERATION_NAMES } from '../../operation-schema.ts';
import { BASE_SECONDS, type Setup } from '../../setup.ts';
import {
  TargetUnavailable,
  type Awaitable,
  type Capabilities,
  type DiskImage,
  type Session,
  type Target,
} from '../../target.ts';
import type { OperationPart } from '../../unperformed.ts';
import { outcomeOf, REQUIRED_OPERATIONS, type Answer, type Handlers } from './handlers.ts';

/** A file system of somebody's own, given as the operations that it has. */
export interface OperationsSubject {
  /** A fresh, empty file system of at least so many bytes, with nothing in its root, for each sequence. */
  start(setup: Setup): Awaitable<Handlers>;
  /** A number that two names share exactly when they are links to one file. Needed where there is `link`. */
  identity?(path: Path, handlers: Handlers): Awaitable<number>;
  /** The file system is not needed any more. */
  end?(handlers: Handlers): Awaitable<void>;
  /** Where it promises something else than ext4; the model follows. */
  readonly traits?: Partial<ModelOptions>;
  /** Parts of operations that it does not do, such as `rwf` or `open direct`. */
  readonly without?: readonly OperationPart[];
  /** How its times compare with those of the model (`exactlySame`); times are not compared when absent. */
  readonly sameTime?: SameTime;
}

/** More than any sequence needs, where nobody counts. */
const ROOMY: SpaceReport = {
  blockSize: 4096,
  blocks: 2 ** 30,
  blocksFree: 2 ** 30,
  blocksAvailable: 2 ** 30,
  inodes: 2 ** 30,
  inodesFree: 2 ** 30,
};

const START = { seconds: BASE_SECONDS, nanoseconds: 0 };

/** Nothing in it, not even lost+found. */
const EMPTY_ROOT = { path: '.', mode: 0o755, uid: 0, gid: 0, atime: START, mtime: START, ctime: START };

/** Parts of operations that nobody has unless he says so. */
const SELDOM: readonly OperationPart[] = ['rwf', 'pieces', 'fault', 'misaligned', 'open direct', 'seek data'];

/** Runs an OperationsSubject. It has no disk: what is on one, and power cuts, cannot be judged. */
export class OperationsTarget implements Target {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly traits: Partial<ModelOptions>;
  readonly #subject: OperationsSubject;

  /** `handlers` are those of a first session, which say what there is. */
  constructor(name: string, subject: OperationsSubject, handlers: Handlers) {
    this.name = name;
    this.#subject = subject;
    this.traits = { directories: [EMPTY_ROOT], ...subject.traits };
    const missing = REQUIRED_OPERATIONS.filter((operation) => handlers[operation] === undefined);
    if (missing.length > 0) throw new TypeError(`${name}: the harness needs ${missing.join(', ')}, too`);
    if (handlers.link !== undefined && subject.identity === undefined)
      throw new TypeError(`${name}: where there is link, the harness needs identity`);
    const absent = OPERATION_NAMES.filter((operation) => handlers[operation] === undefined);
    this.capabilities = {
      powerCut: false,
      images: false,
      unperformed: new Set([...absent, ...(subject.without ?? SELDOM)]),
    };
  }

  async start(setup: Setup): Promise<Session> {
    return new OperationsSession(await this.#subject.start(setup), this.#subject);
  }

  mount(): never {
    throw new TargetUnavailable(`${this.name} mounts no images`);
  }
}

class OperationsSession implements Session {
  readonly sameTime: SameTime;
  readonly #handlers: Handlers;
  readonly #subject: OperationsSubject;

  constructor(handlers: Handlers, subject: OperationsSubject) {
    this.#handlers = handlers;
    this.#subject = subject;
    this.sameTime = subject.sameTime ?? (() => true);
  }

  apply(operation: Operation, now: Timestamp): Promise<Outcome> {
    const handler = this.#handlers[operation.op] as
      ((operation: Operation, now: Timestamp) => Awaitable<Answer>) | undefined;
    // The end of a run syncs and looks at the whole tree: what is not there has nothing to do, or nothing to show.
    if (handler === undefined) return Promise.resolve({ ok: true, value: { kind: 'done' } });
    return outcomeOf(() => handler.call(this.#handlers, operation, now));
  }

  identity(path: Path): Awaitable<number> {
    return this.#subject.identity?.(path, this.#handlers) ?? 0;
  }

  space(): SpaceReport {
    return ROOMY;
  }

  closeAll(): void {
    // Whoever ends the file system ends its descriptors.
  }

  powerCut(): DiskImage {
    throw new TargetUnavailable('there is no disk');
  }

  async unmount(): Promise<null> {
    await this.#subject.end?.(this.#handlers);
    return null;
  }

  abandon(): void {
    void this.#subject.end?.(this.#handlers);
  }

  complaint(): null {
    return null;
  }
}
