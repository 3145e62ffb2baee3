import { expect, test } from 'vitest';
import { Exploration } from './explore.ts';
import type { Decision } from './schedule.ts';

/** Runs with so many decisions between two tasks, all of which are preemptions, whatever was chosen. */
const preemptible = (length: number): Decision[] =>
  Array.from({ length }, () => ({ options: 2, preempts: true, delaysWorker: false }));

function schedulesOf(bound: number, decisions: readonly Decision[]): number[][] {
  const seen: number[][] = [];
  const exploration = new Exploration(bound, 7);
  while (
    exploration.next((choose) => {
      seen.push(decisions.map((decision, at) => choose(at, decision, [], 0)));
      return decisions;
    })
  );
  return seen;
}

test('every schedule with at most k preemptions, each once, those with fewer first', () => {
  const seen = schedulesOf(2, preemptible(10));
  // 10 choose 0, 1 and 2.
  expect(seen).toHaveLength(1 + 10 + 45);
  expect(new Set(seen.map((one) => one.join(''))).size).toBe(56);
  const costs = seen.map((one) => one.reduce((sum, choice) => sum + choice, 0));
  expect(costs).toEqual([...costs].sort());
});

test('who goes on where a task waits is free; to hold a worker back is not', () => {
  const free: Decision[] = Array.from({ length: 4 }, () => ({
    options: 3,
    preempts: false,
    delaysWorker: false,
  }));
  expect(schedulesOf(0, free)).toHaveLength(3 ** 4);
  expect(
    schedulesOf(
      0,
      free.map((one) => ({ ...one, delaysWorker: true })),
    ),
  ).toHaveLength(1);
});

test('the seed is the order of schedules with as many preemptions', () => {
  const orders = [1, 1, 2].map((seed) => {
    const seen: string[] = [];
    const exploration = new Exploration(1, seed);
    const decisions = preemptible(10);
    for (let count = 0; count < 6; count++) {
      exploration.next((choose) => {
        seen.push(decisions.map((decision, at) => choose(at, decision, [], 0)).join(''));
        return decisions;
      });
    }
    return seen;
  });
  expect(orders[1]).toEqual(orders[0]);
  expect(orders[2]).not.toEqual(orders[0]);
});
