import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CASE_CHARACTERS_MAX, CaseError, readCase, writeCase, type Case } from './case.ts';
import { operationSequences } from './generate/operations.ts';
import { setups } from './generate/setups.ts';
import { DEFAULT_SETUP } from './setup.ts';

const example: Case = {
  format: 'twinpath-case',
  version: 1,
  setup: DEFAULT_SETUP,
  targets: ['impl:buffer_head', 'impl:iomap'],
  faults: [],
  origin: { seed: -5, run: 12, version: '0.1.0', shrunkFrom: 60, note: 'a note' },
  failure: { kind: 'result', target: 'impl:iomap', step: 1, operation: 'pwrite', detail: 'bytes' },
  operations: [
    {
      op: 'open',
      as: 'fd0',
      path: 'a',
      access: 'read-write',
      flags: { create: true, append: true },
      mode: 0o644,
    },
    { op: 'pwrite', handle: 'fd0', offset: -1, content: { seed: 1, length: 4096 } },
    { op: 'utimens', path: 'a', atime: 'omit', mtime: { seconds: -1, nanoseconds: 5 } },
    { op: 'sync' },
  ],
};

/** The example as JSON data with the value at `path` replaced, or taken away when it is undefined. */
function broken(path: readonly (string | number)[], value: unknown): string {
  const data: unknown = JSON.parse(writeCase(example));
  let place = data as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) place = place[key] as Record<string | number, unknown>;
  place[path.at(-1) ?? ''] = value;
  return JSON.stringify(data);
}

describe('writeCase', () => {
  it('gives one line to each operation', () => {
    const lines = writeCase(example).split('\n');
    expect(lines).toContain('    { "op": "sync" }');
    expect(lines).toContain(
      '    { "op": "pwrite", "handle": "fd0", "offset": -1, "content": { "seed": 1, "length": 4096 } },',
    );
    expect(lines.at(-1)).toBe('');
  });

  it('writes equal cases alike, however their keys are ordered', () => {
    const turned = Object.fromEntries(Object.entries(example).reverse()) as unknown as Case;
    const [open] = example.operations;
    const operations = example.operations.with(
      0,
      Object.fromEntries(Object.entries(open ?? {}).reverse()) as never,
    );
    expect(writeCase({ ...turned, operations })).toBe(writeCase(example));
  });

  it('leaves out what is undefined, and refuses what could not be read back', () => {
    expect(writeCase({ ...example, origin: { seed: null, run: null, note: undefined } })).not.toContain(
      'note',
    );
    expect(() => writeCase({ ...example, targets: [''] })).toThrow(CaseError);
  });

  it('round-trips every generated case', () => {
    const cases = setups().chain((setup) =>
      operationSequences({ setup, maxOperations: 40 }).map((operations): Case => ({
        ...example,
        setup,
        operations,
      })),
    );
    fc.assert(
      fc.property(cases, (value) => {
        const text = writeCase(value);
        const read = readCase(text, 'x');
        expect(read).toEqual(value);
        expect(writeCase(read)).toBe(text);
      }),
      { numRuns: 200 },
    );
  });
});

describe('readCase', () => {
  it.each<[readonly (string | number)[], unknown, string]>([
    [['format'], 'other', '$.format: found "other", expected "twinpath-case"'],
    [['version'], 2, '$.version: found 2, expected 1'],
    [['version'], undefined, '$.version: found nothing, expected 1'],
    [['extra'], 1, '$: unknown key "extra"'],
    [['setup', 'blockSize'], 3000, '$.setup.blockSize: found 3000, expected 1024 or 2048 or 4096'],
    [['setup', 'mount', 'barrier'], 1, '$.setup.mount: unknown key "barrier"'],
    [['targets'], 'impl', '$.targets: found "impl", expected array'],
    [['targets', 1], 7, '$.targets[1]: found 7, expected string'],
    [['failure', 'kind'], 'bad', '$.failure.kind: found "bad", expected "result" or '],
    [['failure', 'operation'], 'fly', '$.failure.operation: found "fly", expected "open" or '],
    [['operations'], {}, '$.operations: found an object, expected array'],
    [['operations', 0, 'op'], 'fly', '$.operations[0].op: found "fly", expected the name of an operation'],
    [['operations', 0, 'as'], 'fd01', '$.operations[0].as: found "fd01", expected a handle such as "fd3"'],
    [
      ['operations', 0, 'path'],
      '/a',
      '$.operations[0].path: found "/a", expected a path without a leading slash',
    ],
    [['operations', 0, 'path'], 'a\0', '$.operations[0].path: found "a\\u0000", expected a path without NUL'],
    [
      ['operations', 0, 'path'],
      '\uD800',
      '$.operations[0].path: found "\\ud800", expected a path without lone',
    ],
    [['operations', 0, 'mode'], 0o10000, '$.operations[0].mode: found 4096, expected at most 4095'],
    [['operations', 0, 'flags', 'nonblock'], true, '$.operations[0].flags: unknown key "nonblock"'],
    [['operations', 0, 'flags', 'create'], false, '$.operations[0].flags.create: found false, expected true'],
    [['operations', 1, 'offset'], 0.5, '$.operations[1].offset: found 0.5, expected int'],
    [['operations', 1, 'offset'], 2 ** 53, '$.operations[1].offset: found 9007199254740992, expected'],
    [
      ['operations', 1, 'content', 'length'],
      -1,
      '$.operations[1].content.length: found -1, expected at least 0',
    ],
    [
      ['operations', 1, 'content', 'length'],
      2 ** 31,
      '$.operations[1].content.length: found 2147483648, expected at',
    ],
    [['operations', 1, 'content', 'seed'], '1', '$.operations[1].content.seed: found "1", expected'],
    [['operations', 1, 'size'], 1, '$.operations[1]: unknown key "size"'],
    [['operations', 2, 'atime'], 'later', '$.operations[2].atime: found "later", expected "now", "omit" or'],
    [['operations', 3], null, '$.operations[3]: found null, expected object'],
  ])('names the place: %j = %j', (path, value, message) => {
    const read = (): unknown => readCase(broken(path, value), 'bug.json');
    expect(read).toThrow(CaseError);
    expect(read).toThrow(`bug.json: ${message}`);
  });

  it.each([
    ['', 'not JSON'],
    ['{"format": \n "twinpath-case",, }', 'line 2, column 18'],
    ['[]', '$: found an array of 0 elements, expected an object'],
    ['null', '$: found null, expected an object'],
    ['"twinpath-case"', '$: found "twinpath-case", expected an object'],
  ])('refuses %j', (text, message) => {
    expect(() => readCase(text, 'bug.json')).toThrow(CaseError);
    expect(() => readCase(text, 'bug.json')).toThrow(message);
  });

  it('refuses hostile files before reading all of what they hold', () => {
    const deep = `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`;
    expect(() => readCase(deep, 'x')).toThrow('found an array of 1 elements');
    expect(() => readCase(writeCase(example).replace('"a note"', deep), 'x')).toThrow('$.origin.note');
    expect(() => readCase(' '.repeat(CASE_CHARACTERS_MAX + 1), 'x')).toThrow('characters, expected at most');
    const many = broken(
      ['operations'],
      Array.from({ length: 200_000 }, () => ({ op: 'sync' })),
    );
    expect(() => readCase(many, 'x')).toThrow(
      '$.operations: found an array of 200000 elements, expected at most 100000',
    );
    const write = { op: 'pwrite', handle: 'fd0', offset: 0, content: { seed: 1, length: 64 << 20 } };
    const heavy = broken(
      ['operations'],
      Array.from({ length: 65 }, () => write),
    );
    expect(() => readCase(heavy, 'x')).toThrow('$.operations[64]: found 4362076160 bytes moved up to here');
  });

  it('names several things wrong at once, and not more than fit on a screen', () => {
    const text = broken(['operations'], new Array(50).fill({ op: 'fly' }));
    expect(() => readCase(text, 'x')).toThrow(/\$\.operations\[4\]\.op: .*\nand 45 more$/s);
  });
});
