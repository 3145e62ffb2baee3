import type { Operation } from '../../model/index.ts';

/**
 * Calls that bring something to the disk, and change nothing that a program could see: whatever is done beside one of them, the
 * order of the two makes no difference to any answer.
 */
const OVERTAKEN: ReadonlySet<Operation['op']> = new Set(['fsync', 'fdatasync', 'sync', 'syncfs']);

/** Some programs do not wait for such calls. */
export interface Overlapping {
  readonly operations: readonly Operation[];
  /** The operation after such a call begins when the scheduler has gone on so many times since the call began. Absent: when it has returned. */
  readonly overtakesAfter?: number | undefined;
}

/** The numbers, from 0, of the operations that the next one does not wait for. There are never more than two at a time. */
export function overtakenIn({ operations, overtakesAfter }: Overlapping): ReadonlySet<number> {
  const found = new Set<number>();
  if (overtakesAfter === undefined) return found;
  for (let step = 0; step + 1 < operations.length; step++) {
    const operation = operations[step];
    if (operation === undefined || !OVERTAKEN.has(operation.op)) continue;
    found.add(step++);
  }
  return found;
}
