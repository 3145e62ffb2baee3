import { execa } from 'execa';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { namesIn } from './option-values.ts';
import { twinpath } from './said.fixture.ts';
import { EXIT } from './terminal.ts';

/** The thread that it starts is built code; `./run test` builds it first. */
const MAIN = resolve(import.meta.dirname, '../../dist/harness/cli/main.js');

test('every window and the second half are told', async () => {
  const { exitCode, stdout } = await execa('node', [MAIN, 'bench', '--seconds', '2', '--seed', '7']);
  expect(exitCode).toBe(EXIT.held);
  const windows = stdout.split('\n').filter((line) => /^ +\d/.test(line));
  expect(windows).toHaveLength(10);
  const [, rate = '', each = ''] =
    /second half: ([\d,]+) operations\/s, ([\d.]+) us each: .*run [\d.]+/.exec(stdout) ?? [];
  // Two ways to say the same, each rounded.
  expect((Number(rate.replaceAll(',', '')) * Number(each)) / 1e6).toBeCloseTo(1, 1);
});

test('a target that nobody knows is refused', async () => {
  const { code, err } = await twinpath('bench', '--targets', 'impl:nothing');
  expect(code).toBe(EXIT.impossible);
  expect(err).toContain('impl:nothing');
});

test('a target of another process is refused: sequences for kernels are drawn by other rules', async () => {
  const { code, err } = await twinpath('bench', '--targets', 'impl:iomap,loop');
  expect(code).toBe(EXIT.impossible);
  expect(err).toContain('loop is no target of this process');
});

test('names of targets may have settings with commas', () => {
  expect(namesIn('impl:iomap,loop,fs=xfs,options=sync, dir:/tmp')).toEqual([
    'impl:iomap',
    'loop,fs=xfs,options=sync',
    'dir:/tmp',
  ]);
});
