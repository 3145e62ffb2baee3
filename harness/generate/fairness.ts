import { Model, type Operation } from '../../model/index.ts';
import { modelOptions, timeOfStep, type Setup } from '../setup.ts';

/**
 * Whether every target must answer `operation` as the model does. What the model calls disabled is unfair, with one
 * exception: a descriptor that is not open is EBADF everywhere, and worth trying.
 */
export function isFairNow(model: Model, operation: Operation): boolean {
  return model.enabled(operation) || usesDeadHandle(model, operation);
}

function usesDeadHandle(model: Model, operation: Operation): boolean {
  return 'handle' in operation && !model.handles.has(operation.handle);
}

/** Whether a whole sequence is fair. Removing or changing operations can make it unfair: ask for every candidate. */
export function isFair(setup: Setup, operations: readonly Operation[]): boolean {
  const model = new Model(modelOptions(setup));
  return operations.every((operation, step) => {
    const fair = isFairNow(model, operation);
    model.step(operation, timeOfStep(step));
    return fair;
  });
}
