import { expect, test } from 'vitest';
import { twinpath } from './said.fixture.ts';
import { EXIT } from './terminal.ts';

test('every window and the second half are told', async () => {
  const { code, out } = await twinpath('bench', '--seconds', '2', '--seed', '7');
  expect(code).toBe(EXIT.held);
  const windows = out.split('\n').filter((line) => /^ +\d/.test(line));
  expect(windows).toHaveLength(10);
  const [, rate = '', each = ''] =
    /second half: ([\d,]+) operations\/s, ([\d.]+) us each: .*run [\d.]+/.exec(out) ?? [];
  // Two ways to say the same, each rounded.
  expect((Number(rate.replaceAll(',', '')) * Number(each)) / 1e6).toBeCloseTo(1, 1);
});

test('a target that nobody knows is refused', async () => {
  const { code, err } = await twinpath('bench', '--targets', 'impl:nothing');
  expect(code).toBe(EXIT.impossible);
  expect(err).toContain('impl:nothing');
});

test('a target of another process is refused: nothing is mounted, nothing is written here', async () => {
  const { code, err } = await twinpath('bench', '--targets', 'impl:iomap,loop');
  expect(code).toBe(EXIT.impossible);
  expect(err).toContain('loop is no target of this process');
});
