import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Choices } from './choices.ts';
import { LockOrderViolation } from './lock-order-violation.ts';
import { Mutex, RwSemaphore } from './lock.ts';
import { Deadlock } from './deadlock.ts';
import { Scheduler } from './scheduler.ts';
import { preempt, waitUntil, type Sleepable } from './sleepable.ts';
import { Workqueue } from './workqueue.ts';

const OUTER = { name: 'outer', rank: 1, nests: false };
const INNER = { name: 'inner', rank: 2, nests: true };

/** The classic lost update: reads the size, may be preempted, then writes it back. */
function* append(file: { size: number }, length: number): Sleepable<void> {
  yield* preempt();
  const end = file.size;
  yield* preempt();
  file.size = end + length;
}

function sizeAfter(choices: readonly number[]): number {
  const file = { size: 0 };
  const bodies = [1, 2, 4].map((length) => ({ name: `append ${length}`, body: append(file, length) }));
  new Scheduler(new Choices(choices)).runAll(bodies);
  return file.size;
}

test('without preemption nothing is lost; a schedule that loses an update is found and shrinks to one preemption', () => {
  expect(sizeAfter([])).toBe(7);
  const result = fc.check(
    fc.property(fc.array(fc.nat(3), { maxLength: 20 }), (choices) => sizeAfter(choices) === 7),
    { seed: 1, numRuns: 1000 },
  );
  expect(result.failed).toBe(true);
  const [shrunk] = result.counterexample ?? [[]];
  expect(shrunk.filter((choice) => choice !== 0)).toHaveLength(1);
});

test('the same choices give the same run', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3)), (choices) => {
      expect(sizeAfter(choices)).toBe(sizeAfter(choices));
    }),
  );
});

test('a daemon works while a call waits for it, and sleeps afterwards', () => {
  const scheduler = new Scheduler();
  const done: string[] = [];
  const work = new Workqueue(scheduler, 'worker');
  const answer = scheduler.run('call', call());
  expect([answer, done]).toEqual([42, ['item', 'call']]);

  function* call(): Sleepable<number> {
    work.queue(function* () {
      yield* preempt();
      done.push('item');
    });
    yield* work.flush();
    done.push('call');
    return 42;
  }
});

test('two tasks that wait for each other are reported with what they hold', () => {
  const scheduler = new Scheduler(new Choices([0, 1]));
  const left = new Mutex(scheduler, { ...INNER, name: 'left' });
  const right = new Mutex(scheduler, { ...INNER, name: 'right' });
  function* take(first: Mutex, second: Mutex): Sleepable<void> {
    yield* first.lock();
    yield* preempt();
    yield* waitUntil(second.name, () => !second.locked);
    first.unlock();
  }
  const bodies = [
    { name: 'A', body: take(left, right) },
    { name: 'B', body: take(right, left) },
  ];
  expect(() => {
    scheduler.runAll(bodies);
  }).toThrow(new Deadlock([]).constructor);
});

test('the deadlock names who waits for what and holds what', () => {
  const scheduler = new Scheduler();
  const mutex = new Mutex(scheduler, OUTER, 'the lock');
  function* stuck(): Sleepable<void> {
    yield* mutex.lock();
    yield* waitUntil('a thing that never comes', () => false);
  }
  expect(() => {
    scheduler.run('task', stuck());
  }).toThrow('task waits for a thing that never comes holding the lock');
});

test('locks are taken in the order of their ranks', () => {
  const scheduler = new Scheduler();
  const outer = new Mutex(scheduler, OUTER);
  const inner = new Mutex(scheduler, INNER);
  scheduler.run('right', nested(outer, inner));
  expect(() => {
    scheduler.run('wrong', nested(inner, outer));
  }).toThrow(LockOrderViolation);

  function* nested(first: Mutex, second: Mutex): Sleepable<void> {
    yield* first.lock();
    try {
      yield* second.lock();
      second.unlock();
    } finally {
      first.unlock();
    }
  }
});

test('a semaphore lets readers share and keeps writers alone, in every schedule', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5), { maxLength: 40 }), (choices) => {
      const scheduler = new Scheduler(new Choices(choices));
      const semaphore = new RwSemaphore(scheduler, OUTER);
      let readers = 0;
      let writers = 0;
      function* read(): Sleepable<void> {
        yield* preempt();
        yield* semaphore.read();
        readers++;
        expect(writers).toBe(0);
        yield* preempt();
        readers--;
        semaphore.unlockRead();
      }
      function* write(): Sleepable<void> {
        yield* preempt();
        yield* semaphore.write();
        writers++;
        expect([readers, writers]).toEqual([0, 1]);
        yield* preempt();
        writers--;
        semaphore.unlockWrite();
      }
      scheduler.runAll([read(), write(), read(), write()].map((body, id) => ({ name: `task ${id}`, body })));
    }),
  );
});
