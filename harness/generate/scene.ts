import {
  Model,
  type Handle,
  type HandleView,
  type MappingName,
  type MappingView,
  type Operation,
  type OperationName,
  type Path,
} from '../../model/index.ts';
import { modelOptions, timeOfStep, type Setup } from '../setup.ts';
import type { Unperformed } from '../unperformed.ts';
import { Boundaries } from './boundaries.ts';
import { Dice } from './dice.ts';
import { Names } from './names.ts';
import { drawSwarm, type Swarm } from './swarm.ts';
import type { Window } from './window.ts';
import { windowedSwarm } from './windowed-swarm.ts';

/** A handle that no open ever makes. */
export const NEVER_OPENED: Handle = 'fd999';

/** So much oftener is wrong what is rare, and of 100 no more than so many. */
const RARE_MISTAKES = 2;
const RARE_MISTAKES_MAX = 40;

/** One run in so many has windows. */
const WINDOWED_ONE_IN = 4;

type Wanted = (file: HandleView) => boolean;

/** Everything that the makers of operations look at: the state of the run so far, and what this run is like. */
export class Scene {
  readonly dice: Dice;
  readonly swarm: Swarm;
  readonly model: Model;
  readonly boundaries: Boundaries;
  readonly names: Names;
  readonly setup: Setup;
  readonly unperformed: Unperformed;
  /** In the order of opening. */
  readonly #handles: Handle[] = [];
  /** Which file each mapping is of, by the name that it was opened with. */
  readonly #mapped = new Map<MappingName, Path>();
  #window: Window | null = null;
  #lastClosed: Handle = NEVER_OPENED;
  #nextHandle = 0;
  #nextSeed = 1;
  #nextMapping = 0;
  #step = 0;

  constructor(dice: Dice, setup: Setup, unperformed: Unperformed) {
    this.dice = dice;
    this.setup = setup;
    this.unperformed = unperformed;
    // Drawn apart, so that runs without windows are what they would be if there were none.
    const apart = dice.fork();
    const swarm = drawSwarm(dice, setup, unperformed);
    this.swarm = apart.oneIn(WINDOWED_ONE_IN) ? windowedSwarm(apart, swarm, unperformed) : swarm;
    this.model = new Model(modelOptions(setup));
    this.boundaries = new Boundaries(dice, this.swarm, setup);
    this.names = new Names(this.model, dice, this.swarm);
  }

  /** Performs `operation` on the model, and remembers what later ones may want to refer to. */
  perform(operation: Operation): void {
    const outcome = this.model.step(operation, timeOfStep(this.#step++));
    if (outcome.ok) this.#remember(operation);
  }

  /** Where operations meet now; null while they may be about anything. */
  get window(): Window | null {
    return this.#window;
  }

  /** What is made from now on is about these bytes of this file; about anything when null. */
  lookThrough(window: Window | null): void {
    this.#window = window;
    this.boundaries.window = window;
    this.names.only = window?.path ?? null;
  }

  /** Whether operations of this kind are to be made at all now. */
  plays(kind: OperationName): boolean {
    return this.swarm.kinds.has(kind) || this.#window?.doors.has(kind) === true;
  }

  get handleCount(): number {
    return this.#handles.length;
  }

  /** Each is handed out once, so that no two opens of a run share a name. */
  newHandle(): Handle {
    return `fd${this.#nextHandle++}`;
  }

  newMapping(): MappingName {
    return `map${this.#nextMapping++}`;
  }

  /** Any of the mappings, or null. */
  mapping(): MappingView | null {
    const window = this.#window;
    const views = [...this.model.mappings.values()];
    const suiting =
      window === null ? views : views.filter(({ mapping }) => this.#mapped.get(mapping) === window.path);
    return suiting.length === 0 ? null : (suiting[this.dice.below(suiting.length)] ?? null);
  }

  /** Each is handed out once, so that bytes in a wrong place are never right by chance. */
  newSeed(): number {
    return this.#nextSeed++;
  }

  /** Whether the operation that is being made should be wrong on purpose. */
  mistake(): boolean {
    return this.dice.percent(this.swarm.mistakePercent);
  }

  /** The same for what a run has little of: oftener wrong, for else most of its errors would hardly ever come about. */
  rareMistake(): boolean {
    return this.dice.percent(Math.min(RARE_MISTAKES * this.swarm.mistakePercent, RARE_MISTAKES_MAX));
  }

  /** An open descriptor that `wanted` accepts, or null. */
  open(wanted: Wanted): HandleView | null {
    const count = this.#handles.length;
    if (count === 0) return null;
    const window = this.#window;
    const oldest = window === null && this.dice.percent(this.swarm.focusPercent);
    const start = oldest ? 0 : this.dice.below(count);
    for (let index = 0; index < count; index++) {
      const view = this.view(this.#handles[(start + index) % count]);
      if (view === null || (window !== null && view.openedAs !== window.path)) continue;
      if (wanted(view)) return view;
    }
    return null;
  }

  view(handle: Handle | undefined): HandleView | null {
    return handle === undefined ? null : (this.model.handles.get(handle) ?? null);
  }

  /** A descriptor that was closed, or never opened. */
  deadHandle(): Handle {
    return this.dice.oneIn(4) ? NEVER_OPENED : this.#lastClosed;
  }

  #remember(operation: Operation): void {
    switch (operation.op) {
      case 'open':
        this.#handles.push(operation.as);
        break;
      case 'close':
        this.#handles.splice(this.#handles.indexOf(operation.handle), 1);
        this.#lastClosed = operation.handle;
        break;
      case 'remount':
        this.#lastClosed = this.#handles.at(-1) ?? this.#lastClosed;
        this.#handles.length = 0;
        break;
      case 'mmap':
        this.#mapped.set(operation.as, this.view(operation.handle)?.openedAs ?? '');
        break;
      case 'copy-file-range':
        if (operation.toOffset !== null)
          this.boundaries.remember(operation.toOffset, operation.toOffset + operation.length);
        break;
      case 'pwrite':
        this.boundaries.remember(operation.offset, operation.offset + operation.content.length);
        break;
      case 'write': {
        const end = this.view(operation.handle)?.position ?? 0;
        this.boundaries.remember(end - operation.content.length, end);
        break;
      }
      case 'store': {
        const start = (this.model.mappings.get(operation.mapping)?.offset ?? 0) + operation.offset;
        this.boundaries.remember(start, start + operation.content.length);
        break;
      }
      case 'fallocate':
        this.boundaries.remember(operation.offset, operation.offset + operation.length);
        break;
      case 'truncate':
      case 'ftruncate':
        this.boundaries.remember(operation.size, operation.size);
        break;
      default:
    }
  }
}

export const isReadable: Wanted = (file) => file.access !== 'write' && file.type === 'file';
export const isWritable: Wanted = (file) => file.access !== 'read' && file.type === 'file';
export const isReadWrite: Wanted = (file) =>
  file.access === 'read-write' && file.type === 'file' && !file.append;
export const isAnything: Wanted = () => true;
