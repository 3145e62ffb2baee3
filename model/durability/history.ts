import type { Model } from '../model.ts';
import type { OpenFlags, Handle, Operation, Outcome } from '../operation.ts';
import type { OperationOf } from '../operation-of.ts';
import type { State } from '../state.ts';
import { InodeNumbers, momentOf, type InodeMoment, type Moment } from './moment.ts';
import { factsOf, NO_FACTS, type Facts } from './facts.ts';

/** An operation that returned, and what follows from it. Version n of the tree is what the first n operations left. */
export interface Step {
  readonly operation: Operation;
  readonly facts: Facts;
}

/** Everything that happened, as far as it matters when the power goes. */
export class DurabilityHistory {
  readonly steps: Step[] = [];
  /** By version. */
  readonly moments: Moment[];
  readonly #model: Model;
  readonly #numbers = new InodeNumbers();
  /** With which flags each descriptor was opened, and on what. */
  readonly #opened = new Map<Handle, { readonly flags: OpenFlags; readonly id: number }>();

  /** `model` is in the state that is durable when the history begins. */
  constructor(model: Model) {
    this.#model = model;
    this.moments = [this.#look(null)];
  }

  /** The operation has been performed on the model, and answered so by whoever is judged. */
  note(operation: Operation, outcome: Outcome): void {
    const before = this.moment(this.version);
    const after = this.#look(before);
    this.moments.push(after);
    if (operation.op === 'open' && outcome.ok) this.#noteOpen(operation);
    const facts = outcome.ok
      ? this.#model.survey((state) => this.#facts(state, operation, outcome, before, after))
      : NO_FACTS;
    if (operation.op === 'close') this.#opened.delete(operation.handle);
    this.steps.push({ operation, facts });
  }

  /** The newest version. */
  get version(): number {
    return this.moments.length - 1;
  }

  moment(version: number): Moment {
    const found = this.moments[version];
    if (found === undefined) throw new RangeError(`there is no version ${version}`);
    return found;
  }

  inode(id: number, version: number): InodeMoment | null {
    return this.moments[version]?.inodes.get(id) ?? null;
  }

  /** The first version that has this inode. */
  created(id: number): number {
    return this.moments.findIndex(({ inodes }) => inodes.has(id));
  }

  #noteOpen({ as: handle, flags }: OperationOf<'open'>): void {
    const inode = this.#model.survey(({ handles }) => handles.get(handle)?.inode);
    if (inode !== undefined) this.#opened.set(handle, { flags, id: this.#numbers.of(inode) });
  }

  #facts(state: State, operation: Operation, outcome: Outcome, before: Moment, after: Moment): Facts {
    return factsOf({
      state,
      operation,
      outcome,
      before,
      after,
      history: this,
      idOf: (inode) => this.#numbers.of(inode),
      flagsOf: (handle) => this.#opened.get(handle)?.flags ?? {},
      openedAs: (handle) => this.#opened.get(handle)?.id ?? null,
    });
  }

  #look(before: Moment | null): Moment {
    return this.#model.survey(({ root, handles, mappings }) => {
      const held = [...handles.values(), ...mappings.values()].map(({ inode }) => inode);
      return momentOf(root, held, this.#numbers, before);
    });
  }
}
