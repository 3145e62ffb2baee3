import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CASE_FORMAT, CASE_VERSION, readCase, writeCase } from '../case.ts';
import { DEFAULT_SETUP } from '../setup.ts';
import { twinpath } from './said.fixture.ts';
import { EXIT } from './terminal.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'export-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function savedCase(): string {
  const file = join(folder, 'a.json');
  const text = writeCase({
    format: CASE_FORMAT,
    version: CASE_VERSION,
    setup: DEFAULT_SETUP,
    targets: ['impl:iomap'],
    faults: [],
    origin: { seed: null, run: null },
    failure: null,
    operations: [
      { op: 'open', as: 'fd0', path: 'a', access: 'read-write', flags: { create: true }, mode: 0o644 },
      { op: 'freeze' },
      { op: 'thaw' },
      { op: 'pwrite', handle: 'fd0', offset: 0, content: { seed: 1, length: 10 } },
    ],
  });
  writeFileSync(file, text);
  return file;
}

describe('export', () => {
  test('says what it wrote, and what is not in it, to a program', async () => {
    const file = savedCase();
    const { code, out } = await twinpath('export', file, '--as', 'fsx', '--partial', '--json');
    const said = JSON.parse(out) as { file: string; form: string; obstacles: { step: number }[] };
    expect(code).toBe(EXIT.held);
    expect([said.form, existsSync(said.file)]).toEqual(['fsx', true]);
    expect(said.obstacles.map(({ step }) => step)).toEqual([1, 2]);
  });

  test('what a form cannot express is refused, and nothing is written', async () => {
    const { code, err } = await twinpath('export', savedCase(), '--as', 'fsx', '--json');
    expect(code).toBe(EXIT.impossible);
    expect(err).toContain('fsx cannot express the case');
  });

  test('a device that fails is nothing that a form could say', async () => {
    const file = savedCase();
    const saved = readCase(readFileSync(file, 'utf8'), file);
    writeFileSync(
      file,
      writeCase({ ...saved, setup: { ...saved.setup, trouble: { reads: { from: 0, to: 1 } } } }),
    );
    const { code, err } = await twinpath('export', file, '--as', 'c');
    expect([code, err]).toEqual([EXIT.impossible, expect.stringContaining('no form can make a device fail')]);
  });

  test('one output is not for two', async () => {
    const { code, err } = await twinpath('export', savedCase(), '--as', 'c', '--json', '--output', '-');
    expect([code, err]).toEqual([EXIT.impossible, expect.stringContaining('both want standard output')]);
  });
});

describe('import', () => {
  test('says what it made, and what it left out, to a program', async () => {
    const file = join(folder, 'list');
    writeFileSync(file, 'open -f a\npwrite 0 10\nshutdown\n');
    const { code, out } = await twinpath('import', file, '--from', 'xfs_io', '--partial', '--json');
    const said = JSON.parse(out) as { case: string; operations: number; leftOut: { line: number }[] };
    expect(code).toBe(EXIT.held);
    expect(readCase(readFileSync(said.case, 'utf8'), said.case).operations).toHaveLength(said.operations);
    expect(said.leftOut.map(({ line }) => line)).toEqual([3]);
  });
});
