import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { twinpath } from './said.fixture.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'command-line-test-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  [[]],
  [['check']],
  [['replay']],
  [['shrink']],
  [['image']],
  [['image', 'info']],
  [['image', 'ls']],
  [['image', 'cat']],
])('%j explains itself', async (verb) => {
  const { code, out } = await twinpath(...verb, '--help');
  expect(code).toBe(0);
  expect(out).toContain('Usage: twinpath');
  expect(out).toMatch(/Examples:|Start here:/);
  expect(out).not.toContain('--fault');
});

test('it knows its version', async () => {
  expect((await twinpath('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each([
  [['chekc'], 'chekc'],
  [['check', '--seed', 'x'], '--seed'],
  [['check', '--runs', '0'], '--runs'],
  [['check', '--runs', '1.5'], '--runs'],
  [['check', '--seconds', '-1'], '--seconds'],
  [['check', '--block-size', '512'], '1024, 2048, 4096'],
  [['check', '--targets', 'impl:zfs'], 'impl:buffer_head'],
  [['check', '--fault', 'no-such-bug'], 'no-such-bug'],
  [['check', '--nonsense'], '--nonsense'],
  [['replay'], 'case'],
  [['replay', '/nonexistent/case.json'], 'ENOENT'],
])('%j is a mistake of the user', async (words, hint) => {
  const { code, err } = await twinpath(...words);
  expect(code).toBe(2);
  expect(err).toContain(hint);
  expect(err).not.toMatch(/^\s+at /m);
});

test.each([
  ['', 'not JSON'],
  ['{', 'not JSON'],
  ['[]', 'expected an object'],
  ['{"format":"elf"}', 'expected "twinpath-case"'],
  ['{"format":"twinpath-case","version":99}', 'expected 1'],
])('a case file that holds %j is refused', async (text, hint) => {
  const path = join(folder, 'case.json');
  writeFileSync(path, text);
  for (const verb of ['replay', 'shrink']) {
    const { code, err } = await twinpath(verb, path);
    expect(code).toBe(2);
    expect(err).toContain(hint);
    expect(err).toContain(path);
    expect(err).not.toMatch(/^\s+at /m);
  }
});
