import { execaSync } from 'execa';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { deadFiles } from './tidy/dead-files.ts';
import { dependencyProblems } from './tidy/dependencies.ts';
import { undocumented } from './tidy/docstrings.ts';
import { determinismProblems } from './tidy/determinism.ts';
import { floatingCoroutines } from './tidy/floating.ts';
import { leftovers } from './tidy/leftovers.ts';
import { lengthProblems, type Ratchet } from './tidy/lengths.ts';
import { nameProblems } from './tidy/names.ts';
import { strayPaths } from './tidy/root-files.ts';
import { projectSources, ROOT, type Source } from './tidy/source.ts';

/** What may stay longer than the rest, and why. Nothing has to. */
const RATCHET: Ratchet = {};

const one = (path: string, text: string): Source[] => [{ path, text }];

describe('the source is tidy', () => {
  const sources = projectSources();

  test('there is a source to look at', () => expect(sources.length).toBeGreaterThan(100));
  test('imports point where ARCHITECTURE.md says', () => expect(dependencyProblems(sources)).toEqual([]));
  test('impl/ and model/ are deterministic', () => expect(determinismProblems(sources)).toEqual([]));
  test('every file is reached', () => expect(deadFiles(sources)).toEqual([]));
  test('files and functions are short', () => expect(lengthProblems(sources, RATCHET)).toEqual([]));
  test('what users import has docstrings', () => expect(undocumented(sources)).toEqual([]));
  test('nothing was left for later', () => expect(leftovers(sources)).toEqual([]));
  test('names follow STYLE.md', () => expect(nameProblems(sources)).toEqual([]));
  test('nothing strays in the root', ({ skip }) => {
    const { failed, stdout } = execaSync('git', ['ls-files'], { cwd: ROOT, reject: false });
    if (failed) return skip('unknown: git does not know what is committed here');
    expect(strayPaths(stdout.split('\n'))).toEqual([]);
  });
  test('no coroutine floats', () => {
    const program = programOf(join(ROOT, 'tsconfig.json'));
    expect(program.getSourceFiles().length).toBeGreaterThan(100);
    expect(floatingCoroutines(program, (path) => path.startsWith(join(ROOT, 'impl/')))).toEqual([]);
    // It checks the types of everything, which takes a busy machine longer than any other test.
  }, 300_000);
});

describe('imports', () => {
  const problems = (path: string, text: string): number => dependencyProblems(one(path, text)).length;

  test.each([
    ['model/x.ts', "import { y } from '../impl/index.ts';"],
    ['model/x.ts', "import fs from 'node:fs';"],
    ['impl/ext4/x.ts', "import { y } from '../../model/index.ts';"],
    ['impl/ext4/x.ts', "import { z } from 'zod';"],
    ['impl/lib/x.ts', "import type { y } from '../sched/task.ts';"],
    ['impl/buffer/x.ts', "import { y } from '../iomap/iomap.ts';"],
    ['impl/iomap/x.ts', "import { y } from '../buffer/buffer-head.ts';"],
    ['impl/jbd2/x.ts', "export { y } from '../ext4/inode.ts';"],
    ['impl/ext4/x.ts', "import { y } from '../lib/errno';"],
    ['impl/ext4/x.ts', "import { y } from './mount.fixture.ts';"],
    ['harness/drive.ts', "import { mkfs } from '../impl/index.ts';"],
    ['harness/targets/typescript/target.ts', "import { y } from '../../../impl/ext4/mkfs.ts';"],
    ['harness/targets/typescript/target.ts', "import { y } from '../../../impl/index.ts';"],
    ['harness/targets/coroutines/target.ts', "import { y } from '../../../generated/impl/index.ts';"],
    ['harness/drive.ts', "import { y } from '../model/tree.ts';"],
    ['harness/drive.ts', "import { execa } from 'execa';"],
    ['harness/drive.ts', "import { spawn } from 'node:child_process';"],
    ['harness/drive.ts', "await import('lodash');"],
    ['properties/x.property.ts', "import { y } from '../impl/index.ts';"],
    ['reports/x.ts', "import { y } from '../harness/history.ts';"],
  ])('%s may not: %s', (path, text) => expect(problems(path, text)).toBe(1));

  test.each([
    ['impl/ext4/x.ts', "import { y } from '../iomap/iomap.ts';"],
    ['impl/ext4/x.test.ts', "import { execa } from 'execa';"],
    ['harness/targets/typescript/target.ts', "import { mkfs } from '../../../generated/impl/index.ts';"],
    ['harness/targets/coroutines/target.ts', "import { mount } from '../../../impl/index.ts';"],
    ['harness/process.ts', "import { execa } from 'execa';"],
    ['reports/x.ts', "import type { y } from '../harness/history.ts';"],
  ])('%s may: %s', (path, text) => expect(problems(path, text)).toBe(0));

  test('one file alone knows both paths', () => {
    const text = "import { a } from './aops-buffer-head.ts';\nimport { b } from './aops-iomap.ts';";
    expect(dependencyProblems(one('impl/ext4/data/aops.ts', text))).toEqual([]);
    expect(dependencyProblems(one('impl/ext4/data/writepages.ts', text))).toHaveLength(1);
  });
});

describe('determinism', () => {
  test.each([
    'const now = Date.now();',
    'const x = Math.random();',
    'export async function f() {}',
    'setTimeout(f, 1);',
    'const b = Buffer.alloc(1);',
    'const n = 1n;',
    'const p: Promise<void> = g();',
  ])('%s', (text) => expect(determinismProblems(one('impl/ext4/x.ts', text)).length).toBeGreaterThan(0));

  test('a member with such a name is none', () => {
    expect(determinismProblems(one('impl/x.ts', 'a.process(); interface I { Date: number }'))).toEqual([]);
  });

  test('the harness may', () => expect(determinismProblems(one('harness/x.ts', 'Date.now();'))).toEqual([]));
});

test('a file that nothing reaches is dead', () => {
  const sources = [
    { path: 'impl/index.ts', text: "export { a } from './a.ts';" },
    { path: 'impl/a.ts', text: 'export const a = 1;' },
    { path: 'impl/b.ts', text: "import { c } from './c.ts';" },
    { path: 'impl/c.ts', text: 'export const c = 1;' },
    { path: 'impl/c.test.ts', text: "import { c } from './c.ts';" },
  ];
  expect(deadFiles(sources)).toEqual(['impl/b.ts is reached by nothing']);
});

describe('lengths', () => {
  const long = `export function f() {\n${'  g();\n'.repeat(80)}}\n`;

  test('a long function', () => expect(lengthProblems(one('impl/x.ts', long))).toHaveLength(1));
  test('a long method', () =>
    expect(lengthProblems(one('impl/x.ts', `class C { ${long.slice(16)} }`))).toHaveLength(1));
  test('a long file', () => expect(lengthProblems(one('impl/x.ts', 'g();\n'.repeat(501)))).toHaveLength(1));
  test('a suite of tests is no function', () => {
    expect(
      lengthProblems(one('impl/x.test.ts', `describe('x', () => {\n${'  g();\n'.repeat(80)}});\n`)),
    ).toEqual([]);
  });
  test('the ratchet tolerates and does not let grow', () => {
    expect(lengthProblems(one('impl/x.ts', long), { 'impl/x.ts f': 82 })).toEqual([]);
    expect(lengthProblems(one('impl/x.ts', long), { 'impl/x.ts f': 81 })).toHaveLength(1);
  });
});

test('a public export without a docstring, also behind others', () => {
  const sources = [
    { path: 'model/index.ts', text: "export { a, b } from './a.ts';" },
    { path: 'model/a.ts', text: '/** A. */\nexport const a = 1;\nexport const b = 2;\nexport const c = 3;' },
  ];
  expect(undocumented(sources)).toEqual(['model/a.ts: b has no docstring']);
});

describe('leftovers', () => {
  test.each([
    `// ${'TO' + 'DO'}: later`,
    `/* ${'FIX' + 'ME'} */`,
    `it.${'on' + 'ly'}('x', f);`,
    `describe.${'sk' + 'ip'}('x', f);`,
  ])('%s', (text) => expect(leftovers(one('impl/x.test.ts', text))).toHaveLength(1));
});

describe('names', () => {
  test.each(['impl/lib/bigName.ts', 'impl/lib/x.spec.ts', 'impl/lib/x.test.ts', 'harness/x.property.ts'])(
    '%s',
    (path) => expect(nameProblems(one(path, ''))).toHaveLength(1),
  );
});

test('a stray file in the root', () => {
  expect(strayPaths(['README.md', 'impl/index.ts', 'f', 'out/log.txt'])).toEqual([
    'f has no business in the root',
    'out has no business in the root',
  ]);
});

describe('floating coroutines', () => {
  const HEAD = `type Sleepable<T> = Generator<string, T, void>;
    declare function sleep(): Sleepable<number>;
    declare function run(body: Sleepable<number>): void;
    declare const maybe: boolean;
  `;

  test.each([
    'function* f(): Sleepable<void> { sleep(); }',
    'function* f(): Sleepable<void> { yield sleep(); }',
    'function* f(): Sleepable<void> { if (sleep()) return; }',
    'function* f(): Sleepable<void> { maybe && sleep(); }',
    'function* f(): Sleepable<void> { const n = sleep(); if (n) return; }',
    'const f = (): void => { void sleep(); };',
  ])('%s', (body) => expect(floatingIn(HEAD + body)).toHaveLength(1));

  test.each([
    'function* f(): Sleepable<number> { return yield* sleep(); }',
    'function f(): Sleepable<number> { return maybe ? sleep() : sleep(); }',
    'const f = (): Sleepable<number> => sleep();',
    'run(sleep());',
    'for (const reason of sleep()) run(sleep());',
    'function f(): void { const body = sleep(); run(body); }',
    'const all = [sleep(), sleep()];',
    'function* f(): Sleepable<void> { yield* maybe ? sleep() : sleep(); }',
  ])('fine: %s', (body) => expect(floatingIn(HEAD + body)).toEqual([]));
});

function programOf(config: string): ts.Program {
  const { config: json } = ts.readConfigFile(config, (path) => ts.sys.readFile(path)) as { config: object };
  const { fileNames, options } = ts.parseJsonConfigFileContent(json, ts.sys, ROOT);
  return ts.createProgram(fileNames, options);
}

/** A program of one file that lies in memory. */
function floatingIn(text: string): string[] {
  const path = join(ROOT, 'impl/snippet.ts');
  const options: ts.CompilerOptions = { target: ts.ScriptTarget.ES2023, lib: ['lib.es2023.d.ts'], types: [] };
  const host = ts.createCompilerHost(options);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === path
      ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true)
      : getSourceFile(name, ...rest);
  return floatingCoroutines(ts.createProgram([path], options, host), (name) => name === path);
}
