import { describe, expect, test } from 'vitest';
import type { Operation } from '../../model/index.ts';
import { FORM_NAMES } from '../cli/export-command.ts';
import { caseOf, OPEN, read, write } from './case.fixture.ts';
import { FORMS } from './forms.ts';
import { reproductionOf } from './reproduction.ts';

const writtenAs = (name: string, operations: readonly Operation[]) => {
  const form = FORMS.find((one) => one.name === name);
  if (form === undefined) throw new Error(`no form ${name}`);
  return form.write(reproductionOf(caseOf(operations)));
};

const commandsOf = (text: string): string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('the command line names every form', () =>
  expect(FORMS.map(({ name }) => name)).toEqual([...FORM_NAMES]));

const UNLINK: Operation = { op: 'unlink', path: 'f' };
const FSYNC: Operation = { op: 'fsync', handle: 'fd0' };

describe('fsx', () => {
  const lines = (...operations: Operation[]): string[] =>
    commandsOf(writtenAs('fsx', [OPEN, ...operations]).text);

  // The grammar of ltp/fsx.c: name, offset, length, size before, marks; truncate has its new size second.
  test('names, numbers and sizes', () => {
    const ftruncate: Operation = { op: 'ftruncate', handle: 'fd0', size: 100 };
    const punch: Operation = { op: 'fallocate', handle: 'fd0', mode: 'punch', offset: 16, length: 32 };
    const keep: Operation = { op: 'fallocate', handle: 'fd0', mode: 'keep-size', offset: 0, length: 8192 };
    expect(lines(write(0, 4096), ftruncate, punch, read(0, 100), keep)).toEqual([
      'write 0x0 0x1000 0x0',
      'truncate 0x0 0x64 0x1000',
      'punch_hole 0x10 0x20 0x64',
      'read 0x0 0x64 0x64',
      'fallocate 0x0 0x2000 0x64 keep_size',
    ]);
  });

  test('a position is written out', () => {
    const two: Operation = { op: 'write', handle: 'fd0', content: { seed: 1, length: 2 } };
    expect(lines(two, two)).toEqual(['write 0x0 0x2 0x0', 'write 0x2 0x2 0x2']);
  });

  test('closed and opened again', () => {
    const again: Operation = { ...OPEN, as: 'fd1', flags: {} };
    const text = lines(write(0, 1), { op: 'close', handle: 'fd0' }, again);
    expect(text).toEqual(['write 0x0 0x1 0x0 close_open']);
  });

  const OBSTACLES: [string, Operation][] = [
    ['fsync', FSYNC],
    ['a read beyond the end, which fsx would trim', read(0, 10)],
    ['another file', { op: 'mkdir', path: 'd', mode: 0o755 }],
    ['a number of more than 32 bits', write(2 ** 33, 1)],
    ['a call that fails', { op: 'ftruncate', handle: 'fd0', size: -1 }],
  ];

  test.each(OBSTACLES)('says what stands in the way: %s', (_, operation) => {
    const { obstacles, text } = writtenAs('fsx', [OPEN, operation]);
    expect(obstacles.map(({ step }) => step)).toEqual([1]);
    expect(text).toContain('# NOT HERE: 2 ');
  });

  test('the longest file decides about -l', () =>
    expect(writtenAs('fsx', [OPEN, write(1_000_000, 24)]).text).toContain('fsx -l 1000024 '));
});

describe('sh', () => {
  test('a name cannot become a command', () => {
    const path = "a'; touch /tmp/x; '$(touch y)`touch z`";
    const { text } = writtenAs('sh', [{ op: 'mkdir', path, mode: 0o755 }]);
    expect(text).toContain(`mkdir -m 0755 'a'\\''; touch /tmp/x; '\\''$(touch y)\`touch z\`'`);
  });

  test('a name cannot become an option', () =>
    expect(writtenAs('sh', [{ op: 'mkdir', path: '-p', mode: 0o755 }]).text).toContain('mkdir -m 0755 ./-p'));

  test('commands on one file run in one xfs_io', () =>
    expect(writtenAs('sh', [OPEN, write(0, 10), FSYNC]).text).toContain(
      "does 2 xfs_io -c 'pwrite -q -S 0x22 -b 10 0 10' -c fsync f",
    ));

  test('a file without a name stands in the way, and is named', () => {
    const { obstacles } = writtenAs('sh', [OPEN, UNLINK, write(0, 10)]);
    expect(obstacles).toEqual([{ step: 2, why: 'f was unlinked while open' }]);
  });

  test('a file is followed to its new name', () => {
    const { text, obstacles } = writtenAs('sh', [OPEN, { op: 'rename', from: 'f', to: 'g' }, FSYNC]);
    expect(obstacles).toEqual([]);
    expect(text).toContain('does 3 xfs_io -c fsync g');
  });
});

describe('c', () => {
  test('a name cannot end a string or a comment', () => {
    const { text } = writtenAs('c', [{ op: 'mkdir', path: 'a"*/\\ü??/', mode: 0o755 }]);
    expect(text).toContain(String.raw`mkdir("a\"*/\134\303\274\077\077/", 0755)`);
  });

  test('holds only what it calls', () => {
    const { text } = writtenAs('c', [{ op: 'mkdir', path: 'd', mode: 0o755 }]);
    expect(text).not.toContain('preadv2');
    expect(text).not.toContain('struct mapping');
  });
});

test('what a case says of itself stays a comment in every form', () => {
  const hostile = { ...caseOf([OPEN]), origin: { seed: null, run: null, note: 'one */ int x;\nrm -rf /' } };
  for (const form of FORMS) {
    const { text } = form.write(reproductionOf(hostile));
    const line = text.split('\n').find((one) => one.includes('rm -rf /') && !one.includes('"note"'));
    expect(line).toMatch(/^(#| \*|\/\/) rm -rf \/$/);
    expect(form.name === 'c' && text.includes('*/ int x')).toBe(false);
  }
});
