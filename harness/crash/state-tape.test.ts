import { expect, test } from 'vitest';
import { StateTape } from './state-tape.ts';

test('the other thread reads the state that was written last, and nothing while the program itself runs', () => {
  const writer = new StateTape();
  const reader = new StateTape(writer.memory);
  expect(reader.state).toBeNull();
  const state = { cut: { point: 7, lost: [{ write: 3, torn: [[0, 1]] as const }] } };
  writer.write(state);
  expect(reader.state).toEqual(state);
  writer.write({ cut: { point: 1, lost: [] } });
  expect(reader.state).toEqual({ cut: { point: 1, lost: [] } });
  writer.write(null);
  expect(reader.state).toBeNull();
});

test('a state that is too large for the memory is not cut off in the middle', () => {
  const writer = new StateTape();
  writer.write({ cut: { point: 0, lost: Array.from({ length: 50_000 }, (_, write) => ({ write })) } });
  expect(new StateTape(writer.memory).state).toBeNull();
});
