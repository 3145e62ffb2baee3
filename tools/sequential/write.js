import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { applyCuts, coroutineSyntax } from './strip.js';

/**
 * Writes generated/impl/: impl/ once more, for runs with one task at a time. There a function that may sleep is an ordinary
 * function, which the engine can inline, and needs no object of its own per call. Files without coroutines, and without
 * anything that has some, are not written again: the generated ones import them from impl/, so that their classes are the
 * same in both.
 */

/** What has coroutines by its nature has a sequential counterpart, written by hand. */
const COUNTERPARTS = new Map([
  ['sched/sleepable.ts', 'sched/sequential/sleepable.ts'],
  ['sched/scheduler.ts', 'sched/sequential/scheduler.ts'],
]);

const ONLY_FOR_TESTS = /\.(test|property|bench|fixture)\.ts$|\/test-disk\.ts$/;

/**
 * A file of impl/: its path below it, and what it imports from there.
 *
 * @typedef {{ readonly path: string, readonly text: string, readonly tree: ts.SourceFile,
 *   readonly imports: readonly Import[] }} Source
 *
 * @typedef {{ readonly path: string, readonly specifier: ts.StringLiteral }} Import
 */

/**
 * @param {string} folder
 * @returns {string[]} paths below it
 */
const filesBelow = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    : [];

/** @param {string} impl @param {string} path @returns {Source} */
function parse(impl, path) {
  const text = readFileSync(join(impl, path), 'utf8');
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const imports = tree.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const specifier = statement.moduleSpecifier;
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return [];
    return [{ path: join(dirname(path), specifier.text), specifier }];
  });
  return { path, text, tree, imports };
}

/**
 * The files that differ: those with coroutines, and those that import one that differs, if only a type.
 *
 * @param {readonly Source[]} sources
 * @returns {Set<string>}
 */
function different(sources) {
  const result = new Set(COUNTERPARTS.keys());
  for (const source of sources) if (coroutineSyntax(source.tree).length > 0) result.add(source.path);
  const reaches = (/** @type {Source} */ source) => source.imports.some(({ path }) => result.has(path));
  for (let before = -1; before < result.size;) {
    before = result.size;
    for (const source of sources) if (reaches(source)) result.add(source.path);
  }
  return result;
}

/**
 * @param {Source} source
 * @param {ReadonlySet<string>} generated the files that are written
 * @returns {string} its sequential text
 */
function sequentialText({ path, text, tree, imports }, generated) {
  const toImpl = join(relative(dirname(join('generated/impl', path)), '.'), 'impl');
  const moved = imports
    .filter((one) => !generated.has(one.path))
    .map(({ path: target, specifier }) => ({
      start: specifier.getStart(tree),
      end: specifier.end,
      text: `'${join(toImpl, COUNTERPARTS.get(target) ?? target)}'`,
    }));
  const head = `// Made from impl/${path} by tools/sequential/generate.js.\n`;
  return head + applyCuts(text, [...coroutineSyntax(tree), ...moved]);
}

/** A file that is as it should be keeps its time, so that nothing is built again because of it. */
function writeChanged(/** @type {string} */ path, /** @type {string} */ text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/**
 * Brings generated/impl/ up to date.
 *
 * @param {string} root the project's folder
 */
export function writeSequential(root) {
  const impl = join(root, 'impl');
  const target = join(root, 'generated/impl');
  const sources = filesBelow(impl)
    .filter((path) => !ONLY_FOR_TESTS.test(path) && !path.startsWith('sched/sequential/'))
    .map((path) => parse(impl, path));
  const generated = different(sources);
  for (const path of COUNTERPARTS.keys()) generated.delete(path);
  for (const source of sources)
    if (generated.has(source.path))
      writeChanged(join(target, source.path), sequentialText(source, generated));
  for (const path of filesBelow(target)) if (!generated.has(path)) rmSync(join(target, path));
}
