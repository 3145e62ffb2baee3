import {
  Model,
  type Handle,
  type Operation,
  type Outcome,
  type Path,
  type Timestamp,
} from '../../model/index.ts';
import type { Case } from '../case.ts';
import { inspectionOf } from '../inspection.ts';
import { modelOptions, timeOfStep } from '../setup.ts';

/** The file that an operation finds. All in bytes. */
export interface FileBefore {
  readonly size: number;
  /** Where the descriptor stands, or where in the file the mapping begins. */
  readonly position: number;
}

/** One call of a reproducer. */
export interface ReproductionStep {
  readonly operation: Operation;
  /** What Linux must answer; null where the model leaves it open, so that nobody may judge it. */
  readonly expected: Outcome | null;
  /** The file as the operation finds it; null where it concerns no open or mapped file. */
  readonly before: FileBefore | null;
  /** Whether it is a rename of a file to another name of the same file, which does nothing. */
  readonly idle: boolean;
}

/** A case as everybody can follow it: what is called, and what each call must answer. */
export interface Reproduction {
  readonly case: Case;
  readonly steps: readonly ReproductionStep[];
  /** The look at the whole tree that comes last: all attributes, names and contents. */
  readonly looks: readonly ReproductionStep[];
}

/** What is only seen after another mount needs one before the last look. */
const SEEN_AFTER_A_MOUNT: readonly string[] = ['recovery', 'e2fsck'];

/** Performs a case on the model, of a device that cannot write zeros by itself, and writes down what it expects. */
export function reproductionOf(saved: Case): Reproduction {
  const model = new Model({ ...modelOptions(saved.setup), writeZeroes: false });
  const remounts = SEEN_AFTER_A_MOUNT.includes(saved.failure?.kind ?? '');
  const steps = performed(model, [...saved.operations, ...(remounts ? [{ op: 'remount' } as const] : [])], 0);
  const looks = performed(
    model,
    [...rootAgain(model), ...inspectionOf(model.tree(), model.used)],
    steps.length,
  );
  return { case: saved, steps, looks };
}

/** Root looks, whoever the caller was. */
const rootAgain = (model: Model): Operation[] =>
  model.caller.uid === 0 ? [] : [{ op: 'setcreds', uid: 0, gid: 0, groups: [] }];

function performed(model: Model, operations: readonly Operation[], from: number): ReproductionStep[] {
  return operations.map((operation, index) => {
    const open = hangsOnMore(operation) || model.leavesChoice(operation) || model.mayNotFit(operation);
    const now = timeOfStep(from + index);
    const before =
      operation.op === 'truncate' ? named(model, operation.path, now) : fileBefore(model, operation);
    const expected = model.step(operation, now);
    const idle = isIdle(model, operation, expected, now);
    return { operation, expected: open ? null : expected, before, idle };
  });
}

/** What hangs on the device or on where blocks happen to lie, which no model knows. Contents are the same either way. */
const hangsOnMore = (operation: Operation): boolean =>
  operation.op === 'move-extent' || (operation.op === 'fallocate' && operation.mode === 'write-zeroes');

function fileBefore(model: Model, operation: Operation): FileBefore | null {
  if ('mapping' in operation) {
    const mapping = model.mappings.get(operation.mapping);
    return mapping === undefined ? null : { size: mapping.size, position: mapping.offset };
  }
  const handle = 'handle' in operation ? operation.handle : 'to' in operation ? operation.to : '';
  const file = model.handles.get(handle as Handle);
  return file === undefined ? null : { size: file.size, position: file.position };
}

/** A file that is called by its name; looking must not change the model. */
function named(model: Model, path: Path, now: Timestamp): FileBefore | null {
  const outcome = model.clone().step({ op: 'stat', path }, now);
  if (!outcome.ok || outcome.value.kind !== 'stat') return null;
  return { size: outcome.value.stat.size, position: 0 };
}

/** After a rename that does something, there is nothing more at the old name. */
function isIdle(model: Model, operation: Operation, expected: Outcome, now: Timestamp): boolean {
  if (operation.op !== 'rename' || operation.flag !== undefined || !expected.ok) return false;
  return model.clone().step({ op: 'lstat', path: operation.from }, now).ok;
}
