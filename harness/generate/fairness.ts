import { Model, type Operation } from '../../model/index.ts';
import { hasFeature } from '../format.ts';
import { modelOptions, timeOfStep, type Setup } from '../setup.ts';
import { handlesOf } from '../shrink/removal.ts';

/**
 * Whether every target must answer `operation` as the model does. What the model calls disabled is unfair, with one
 * exception: a descriptor that is not open is EBADF everywhere, and worth trying. Unfair as well is what no judge of images
 * can judge.
 */
export function isFairNow(model: Model, operation: Operation, setup: Setup): boolean {
  if (misleadsE2fsck(model, operation, setup)) return false;
  return model.enabled(operation) || usesDeadHandle(model, operation);
}

/** Bytes of a value that surely stays in the inode or its block. */
const SMALL_VALUE_BYTES = 300;

/**
 * With ea_inode i_blocks counts large attributes, and e2fsck 1.47 takes the target of a fast symlink for block numbers when
 * i_blocks is not 0; it complains of what Linux writes, too.
 */
function misleadsE2fsck(model: Model, operation: Operation, { format }: Setup): boolean {
  if (operation.op !== 'setxattr' || operation.nofollow !== true || model.symlinks.length === 0) return false;
  const { value } = operation;
  return 'length' in value && value.length > SMALL_VALUE_BYTES && hasFeature(format, 'ea_inode');
}

function usesDeadHandle(model: Model, operation: Operation): boolean {
  // The performer needs nothing but a name for a mapping of a dead descriptor.
  return operation.op !== 'open' && handlesOf(operation).some((handle) => !model.handles.has(handle));
}

/** Whether a whole sequence is fair. Removing or changing operations can make it unfair: ask for every candidate. */
export function isFair(setup: Setup, operations: readonly Operation[]): boolean {
  const model = new Model(modelOptions(setup));
  return operations.every((operation, step) => {
    const fair = isFairNow(model, operation, setup);
    model.step(operation, timeOfStep(step));
    return fair;
  });
}
