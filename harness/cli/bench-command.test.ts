import { execa } from 'execa';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readBench } from '../bench-record.ts';
import { namesIn } from './option-values.ts';
import { twinpath } from './said.fixture.ts';
import { EXIT } from './terminal.ts';

/** The thread that it starts is built code; `./run test` builds it first. */
const MAIN = resolve(import.meta.dirname, '../../dist/bundle/main.js');

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

test('a suite tells medians, what they are of the limit, and the ratio beside the series, and keeps all of it', async () => {
  const results = await mkdtemp(join(tmpdir(), 'twinpath-bench-'));
  try {
    const words = ['bench', 'paths', '--only', 'buffered 65536', '--repetitions', '2', '--file-mib', '1'];
    const { exitCode, stdout } = await execa('node', [
      MAIN,
      ...words,
      ...['--warm-up', '0.01', '--results', results],
    ]);
    expect(exitCode).toBe(EXIT.held);
    expect(stdout).toMatch(/^buffered write, cached, 64 KiB a call$/m);
    expect(stdout).toMatch(/^ {2}iomap +[\d,.]+ MiB\/s {2}\(.+\) {2}\d+ % of memcpy$/m);
    expect(stdout).toMatch(/^ {2}iomap \/ buffer_head [\d.]+; the series: 1.50$/m);
    const [folder = ''] = await readdir(results);
    const kept = readBench(await readFile(join(results, folder, 'bench.jsonl'), 'utf8'));
    expect(kept.every(({ samples }) => samples.length === 2)).toBe(true);
    expect(new Set(kept.map(({ subject }) => subject))).toEqual(new Set(['buffer_head', 'iomap', 'memcpy']));
  } finally {
    await rm(results, { recursive: true });
  }
});

test('as data for a program, and quietly for nobody', async () => {
  const results = await mkdtemp(join(tmpdir(), 'twinpath-bench-'));
  const bench = (...words: string[]) => execa('node', [MAIN, 'bench', ...words, '--results', results]);
  try {
    const sequences = JSON.parse((await bench('--seconds', '1', '--json')).stdout) as {
      windows: { operations: number }[];
    };
    expect(sequences).toMatchObject({ stopped: null, exitCode: EXIT.held });
    expect(sequences.windows.map(({ operations }) => operations > 0)).toEqual(new Array(10).fill(true));
    const few = [
      'paths',
      '--only',
      'buffered 65536',
      '--repetitions',
      '1',
      '--file-mib',
      '1',
      '--warm-up',
      '0.01',
    ];
    const { suite, measured } = JSON.parse((await bench(...few, '--json')).stdout) as {
      suite: string;
      measured: { subject: string }[];
    };
    expect([suite, new Set(measured.map(({ subject }) => subject))]).toEqual([
      'paths',
      new Set(['buffer_head', 'iomap', 'memcpy']),
    ]);
    const { stdout, stderr } = await bench(...few, '--quiet');
    expect([stdout, stderr]).toEqual(['', '']);
  } finally {
    await rm(results, { recursive: true });
  }
});

test('what no suite has is refused', async () => {
  expect((await twinpath('bench', 'nothing')).code).toBe(EXIT.impossible);
});
