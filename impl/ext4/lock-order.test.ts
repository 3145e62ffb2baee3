import { expect, test } from 'vitest';
import { RUNNING_HANDLE } from '../jbd2/lock-classes.ts';
import { RwSemaphore } from '../sched/lock.ts';
import { LockOrderViolation } from '../sched/lock-order-violation.ts';
import { Scheduler } from '../sched/scheduler.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { LockClass } from '../sched/task.ts';
import { bufferHeadPath, delallocPath } from './data/aops-buffer-head.ts';
import { journalledPath } from './data/aops-journalled.ts';
import { iomapPath } from './data/aops-iomap.ts';
import { I_DATA_SEM, I_RWSEM, INVALIDATE_LOCK } from './lock-order.ts';

/** The order of the kernel, table by table: only folio locks and handles change places. */
const ORDERS = [
  [iomapPath, [iomapPath.folioLock, RUNNING_HANDLE]],
  ...[bufferHeadPath, delallocPath, journalledPath].map(
    (path) => [path, [RUNNING_HANDLE, path.folioLock]] as const,
  ),
] as const;

function take(classes: readonly LockClass[]): void {
  const scheduler = new Scheduler();
  function* all(): Sleepable<void> {
    for (const one of classes) yield* new RwSemaphore(scheduler, one).write();
  }
  scheduler.run('task', all());
}

test.each(ORDERS)('$name takes its locks in the order of its path, and in no other', (_, middle) => {
  const order = [I_RWSEM, INVALIDATE_LOCK, ...middle, I_DATA_SEM];
  take(order);
  for (let index = 1; index < order.length; index++) {
    const [first, second] = order.slice(index - 1, index + 1);
    if (first === undefined || second === undefined) throw new Error('two neighbours');
    expect(() => take([second, first])).toThrow(LockOrderViolation);
  }
});
