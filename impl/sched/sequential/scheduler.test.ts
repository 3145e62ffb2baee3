import { expect, test } from 'vitest';
import { AssertionError } from '../../lib/assert.ts';
import { Choices } from '../choices.ts';
import { Deadlock } from '../deadlock.ts';
import { Scheduler } from './scheduler.ts';
import { waitUntil } from './sleepable.ts';

/** A worker that counts up to what was asked for, one at a time. */
function counting(scheduler: Scheduler): { asked: number; done: number } {
  const state = { asked: 0, done: 0 };
  scheduler.spawnWorker(
    'counter',
    () => state.done < state.asked,
    () => state.done++,
  );
  return state;
}

test('a worker runs when somebody sleeps, to the end of its work, as it does under runToCompletion', () => {
  const scheduler = new Scheduler();
  const state = counting(scheduler);
  scheduler.call('task', () => {
    state.asked = 5;
    expect(state.done).toBe(0);
    waitUntil('the third', () => state.done >= 3);
    expect(state.done).toBe(5);
    expect(scheduler.current?.name).toBe('task');
  });
  expect(scheduler.current).toBeNull();
});

test('a worker that waits for an earlier one goes on before the task, which came later', () => {
  const scheduler = new Scheduler();
  const state = counting(scheduler);
  const order: string[] = [];
  scheduler.spawnWorker(
    'later',
    () => !order.includes('later') && state.done > 0,
    () => {
      state.asked = 4;
      waitUntil('the second', () => state.done === 4);
      order.push('later');
    },
  );
  scheduler.call('task', () => {
    state.asked = 1;
    waitUntil('the first', () => state.done > 0);
    order.push('task');
  });
  expect(order).toEqual(['later', 'task']);
});

test('a worker that sleeps has another one run', () => {
  const scheduler = new Scheduler();
  let finished = false;
  const state = counting(scheduler);
  scheduler.spawnWorker(
    'outer',
    () => !finished && state.asked === 0,
    () => {
      state.asked = 2;
      waitUntil('both', () => state.done === 2);
      finished = true;
    },
  );
  scheduler.call('task', () => waitUntil('the outer worker', () => finished));
  expect(state.done).toBe(2);
});

test('nobody who could run is a deadlock, which names all who sleep', () => {
  const scheduler = new Scheduler();
  let begun = false;
  scheduler.spawnWorker(
    'worker',
    () => !begun,
    () => {
      begun = true;
      waitUntil('the task', () => false);
    },
  );
  const run = (): void => scheduler.call('task', () => waitUntil('the worker', () => false));
  expect(run).toThrow(Deadlock);
  begun = false;
  expect(run).toThrow('task waits for the worker; worker waits for the task');
});

test('what a worker throws reaches whoever slept, and two schedulers do not mix', () => {
  const [one, other] = [new Scheduler(), new Scheduler()];
  const state = counting(other);
  one.spawnWorker(
    'broken',
    () => true,
    () => {
      throw new Error('broken');
    },
  );
  one.call('task of one', () => {
    other.call('task of the other', () => {
      state.asked = 1;
      waitUntil('one', () => state.done === 1);
    });
    expect(() => waitUntil('nothing', () => false)).toThrow('broken');
  });
  expect(() => waitUntil('nothing', () => false)).toThrow('nothing runs that could wait for nothing');
});

test('a strategy that interleaves is refused', () => {
  expect(() => new Scheduler(new Choices([1]))).toThrow(AssertionError);
});
