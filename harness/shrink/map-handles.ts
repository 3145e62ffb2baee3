import type { Handle, Operation } from '../../model/index.ts';

/** The same operation on other descriptors; an operation without one stays as it is. */
export function mapHandles(operation: Operation, map: (handle: Handle) => Handle): Operation {
  switch (operation.op) {
    case 'open':
      return { ...operation, as: map(operation.as) };
    case 'copy-file-range':
    case 'sendfile':
      return { ...operation, from: map(operation.from), to: map(operation.to) };
    case 'move-extent':
      return { ...operation, handle: map(operation.handle), donor: map(operation.donor) };
    default:
      return 'handle' in operation ? { ...operation, handle: map(operation.handle) } : operation;
  }
}
