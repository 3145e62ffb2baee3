import {
  Model,
  type Operation,
  type Outcome,
  type Run,
  type SpaceReport,
  type Timestamp,
} from '../model/index.ts';
import { streamBytes } from './content.ts';
import { modelOptions, type Setup } from './setup.ts';
import type { Capabilities, DiskImage, Session, SessionOptions, Target } from './target.ts';
import { PERFORMS_ALL } from './unperformed.ts';

/** What a test makes of an answer before the harness sees it. */
export type Twist = (operation: Operation, answer: Outcome, count: number) => Outcome;

const EMPTY_SPACE: SpaceReport = {
  blockSize: 4096,
  blocks: 0,
  blocksFree: 0,
  blocksAvailable: 0,
  inodes: 0,
  inodesFree: 0,
};

/** A disk that holds a model instead of blocks. Its bytes are the same as those of another one when their trees are. */
class ModelDisk implements DiskImage {
  readonly sizeBytes = 1 << 20;
  readonly model: Model;

  constructor(model: Model) {
    this.model = model;
  }

  extents(): Iterable<{ readonly offset: number; readonly pages: readonly Uint8Array[] }> {
    return [{ offset: 0, pages: [Buffer.from(JSON.stringify([...this.model.tree()]))] }];
  }

  snapshot(): ModelDisk {
    return new ModelDisk(this.model.clone());
  }

  read(_offset: number, target: Uint8Array): void {
    target.fill(0);
  }
}

/** What is different from the model. */
interface Traits {
  readonly twist: Twist;
  readonly asynchronous: boolean;
  readonly space: SpaceReport;
  /** The number of the inode of a name; null for the right one. */
  readonly identity: (path: string) => number | null;
}

/** A target that is the model itself, so that it is right by construction but for the twist of a test. */
export class ModelTarget implements Target {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly #traits: Traits;

  constructor(
    name: string,
    {
      twist = (_, answer) => answer,
      asynchronous = false,
      space = EMPTY_SPACE,
      identity = () => null,
      largeBlocks = false,
    }: Partial<Traits> & { readonly largeBlocks?: boolean } = {},
  ) {
    this.capabilities = {
      powerCut: true,
      images: true,
      unperformed: PERFORMS_ALL,
      ...(largeBlocks && { largeBlocks }),
    };
    this.name = name;
    this.#traits = { twist, asynchronous, space, identity };
  }

  start(setup: Setup): Session {
    return new ModelSession(new Model(modelOptions(setup)), this.#traits);
  }

  mount(image: DiskImage, _setup: Setup, options: SessionOptions): Session {
    if (!(image instanceof ModelDisk)) throw new Error('the image of another kind of target');
    const model = image.model.clone();
    model.step({ op: 'remount' }, options.now);
    return new ModelSession(model, this.#traits);
  }
}

class ModelSession implements Session {
  readonly #model: Model;
  readonly #traits: Traits;
  #count = 0;

  constructor(model: Model, traits: Traits) {
    this.#model = model;
    this.#traits = traits;
  }

  apply(operation: Operation, now: Timestamp): Outcome | Promise<Outcome> {
    // The model must follow the twisted answer, or it would be in another state than it says.
    const straight = this.#model.clone().step(operation, now);
    const twisted = this.#traits.twist(operation, materialised(straight), this.#count++);
    this.#model.step(operation, now, twisted);
    return this.#traits.asynchronous ? Promise.resolve(twisted) : twisted;
  }

  /** The place of the first name of the same file. */
  identity(path: string): number {
    const tree = this.#model.tree();
    const first = tree.get(path)?.sameAs ?? path;
    return this.#traits.identity(path) ?? [...tree.keys()].indexOf(first);
  }

  space(): SpaceReport {
    return this.#traits.space;
  }

  closeAll(): void {
    for (const handle of [...this.#model.handles.keys()]) {
      this.#model.step({ op: 'close', handle }, { seconds: 0, nanoseconds: 0 });
    }
  }

  powerCut(): DiskImage {
    return new ModelDisk(this.#model.clone());
  }

  unmount(): DiskImage {
    return new ModelDisk(this.#model);
  }

  abandon(): void {
    // Nothing is held.
  }

  complaint(): string | null {
    return null;
  }
}

/** What the model describes, as the bytes that a target would have read. */
function materialised(outcome: Outcome): Outcome {
  if (!outcome.ok || outcome.value.kind === 'space') return withSpace(outcome);
  if (outcome.value.kind !== 'runs') return outcome;
  return { ok: true, value: { kind: 'data', bytes: bytesOf(outcome.value.runs) } };
}

const withSpace = (outcome: Outcome): Outcome =>
  outcome.ok ? { ok: true, value: { kind: 'space', space: EMPTY_SPACE } } : outcome;

/** The bytes that runs describe. */
export function bytesOf(runs: readonly Run[]): Uint8Array {
  const pieces = runs.map((run) =>
    run.kind !== 'bytes' ? new Uint8Array(run.length) : streamBytes(run.seed, run.start, run.length),
  );
  return Uint8Array.from(Buffer.concat(pieces));
}
