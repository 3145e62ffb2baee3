import { expect, test } from 'vitest';
import type { Contestant } from './contest.ts';
import { measure } from './measure.ts';

const NEVER = new AbortController().signal;
const AT_ONCE = (): Promise<void> => Promise.resolve();

/** Takes one millisecond longer each time, by its own account, for two operations. */
function slowing(subject: string, order: string[]): Contestant & { closed: boolean } {
  let ms = 0;
  return {
    subject,
    closed: false,
    round() {
      order.push(subject);
      return [{ workload: 'work', amount: 2, ms: ++ms }];
    },
    close() {
      this.closed = true;
    },
  };
}

test('contestants take turns, the first round of each is left out, and who is absent says why', async () => {
  const order: string[] = [];
  const [a, b] = [slowing('a', order), slowing('b', order)];
  const result = await measure(
    'suite',
    {
      name: 'contest',
      sizeBytes: 4096,
      unit: 'operations/s',
      enter: () => [a, { subject: 'c', reason: 'it is not installed' }, b],
    },
    { repetitions: 2, warmUpMs: 0 },
    NEVER,
    AT_ONCE,
  );
  expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  expect(result?.absent).toEqual([{ subject: 'c', reason: 'it is not installed' }]);
  expect(result?.measured.map(({ subject, samples }) => [subject, samples])).toEqual([
    ['a', [1000, 2000 / 3]],
    ['b', [1000, 2000 / 3]],
  ]);
  expect([a.closed, b.closed]).toEqual([true, true]);
});

test('a contest that wants more rounds to warm up has them left out', async () => {
  const order: string[] = [];
  const one = slowing('a', order);
  const contest = {
    name: 'contest',
    sizeBytes: null,
    unit: 'ms' as const,
    warmUpRounds: 3,
    enter: () => [one],
  };
  const result = await measure('suite', contest, { repetitions: 2, warmUpMs: 0 }, NEVER, AT_ONCE);
  expect(order).toHaveLength(5);
  expect(result?.measured[0]?.samples).toEqual([2, 2.5]);
});

test('the series is put beside what it has measured, and nothing else', async () => {
  const of = async (workload: string, sizeBytes: number | null): Promise<number | null | undefined> => {
    const contestant = { subject: 'iomap', round: () => [{ workload, amount: 1, ms: 1 }] };
    const contest = { name: workload, sizeBytes, unit: 'MiB/s' as const, enter: () => [contestant] };
    const result = await measure('paths', contest, { repetitions: 1, warmUpMs: 0 }, NEVER, AT_ONCE);
    return result?.measured[0]?.series;
  };
  expect(await of('buffered write, cached', 65536)).toBe(1.5);
  expect(await of('buffered write, cached', 512)).toBeNull();
  expect(await of('direct write', 65536)).toBeNull();
});

test('who is asked to stop ends after the round, and closes everybody', async () => {
  const stop = new AbortController();
  const one = slowing('a', []);
  const contest = { name: 'contest', sizeBytes: null, unit: 'ms' as const, enter: () => [one] };
  const pause = (): Promise<void> => {
    stop.abort();
    return Promise.resolve();
  };
  expect(await measure('suite', contest, { repetitions: 9, warmUpMs: 0 }, stop.signal, pause)).toBeNull();
  expect(one.closed).toBe(true);
});
