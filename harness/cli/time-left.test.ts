import { expect, test } from 'vitest';
import { timeLeft } from './time-left.ts';

test.each([
  ['no bound', { elapsedMs: 1000, durationMs: null, done: 5, doneMax: null }, ''],
  ['time', { elapsedMs: 1000, durationMs: 25_000, done: 5, doneMax: null }, ', 24.0 s left'],
  ['work, at the rate so far', { elapsedMs: 1000, durationMs: null, done: 5, doneMax: 20 }, ', 3.0 s left'],
  [
    'work that ends before the time',
    { elapsedMs: 1000, durationMs: 9000, done: 5, doneMax: 20 },
    ', 3.0 s left',
  ],
  ['nothing done yet', { elapsedMs: 1000, durationMs: null, done: 0, doneMax: 20 }, ''],
  [
    'longer than it was to take',
    { elapsedMs: 9000, durationMs: 8000, done: 1, doneMax: null },
    ', 0.0 s left',
  ],
])('%s', (_, way, text) => expect(timeLeft(way)).toBe(text));
