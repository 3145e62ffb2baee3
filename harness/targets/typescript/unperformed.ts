import type { Operation } from '../../../model/index.ts';

/** Operations of the vocabulary that the TypeScript ext4, or this adapter, does not perform so far. */
const OPERATIONS = [
  'reclaim',
  'writeback',
  'reconfigure',
  'trim',
] as const satisfies Operation['op'][];

/** Parts of others. O_DIRECT and faults: until the model permits that ENOSPC comes before EINVAL and EFAULT, as in the kernel. */
const PARTS = ['drop one cache', 'reconfigure path', 'open direct', 'fault', 'misaligned'] as const;

export const UNPERFORMED = new Set([...OPERATIONS, ...PARTS]);

/** What the adapter knows. */
export type PerformedOperation = Exclude<Operation, { op: (typeof OPERATIONS)[number] }>;

export function assertPerformed(operation: Operation): asserts operation is PerformedOperation {
  if (UNPERFORMED.size > 0 && (UNPERFORMED as ReadonlySet<string>).has(operation.op)) {
    throw new TypeError(`${operation.op} is not performed`);
  }
}
