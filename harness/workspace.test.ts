import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processStart } from './process.ts';
import { openWorkspace, removeAbandoned } from './workspace.ts';

/** Far above what Linux gives to a process. */
const NOBODY = 2 ** 30;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'workspace-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function make(name: string, owner: object | null): string {
  const path = join(folder, name);
  mkdirSync(path);
  if (owner !== null) writeFileSync(join(path, 'owner.json'), JSON.stringify(owner));
  return path;
}

test('a workspace comes and goes', async () => {
  const { path, remove } = await openWorkspace();
  writeFileSync(join(path, 'image-0'), 'x');
  expect(removeAbandoned(join(path, '..'))).toBe(0);
  expect(existsSync(path)).toBe(true);
  await remove();
  expect(existsSync(path)).toBe(false);
});

test('only what a dead process left is removed', () => {
  const start = processStart(process.pid);
  const namespace = readlinkSync('/proc/self/ns/pid');
  const kept = [
    make(`twinpath-${process.pid}-alive`, { pid: process.pid, start, namespace }),
    make(`twinpath-${process.pid}-young`, null),
    // Of another container, perhaps, where a process of that number lives.
    make(`twinpath-${NOBODY}-elsewhere`, { pid: NOBODY, start: '1', namespace: 'pid:[1]' }),
    make('somebody-else', { pid: NOBODY, start: '1' }),
    make('twinpath-notes', null),
  ];
  const gone = [
    make(`twinpath-${NOBODY}-dead`, { pid: NOBODY, start: '1', namespace }),
    make(`twinpath-${NOBODY}-oldrecord`, { pid: NOBODY, start: '1' }),
    make(`twinpath-${NOBODY}-early`, null),
    make(`twinpath-${process.pid}-again`, { pid: process.pid, start: 'another time' }),
  ];
  expect(removeAbandoned(folder)).toBe(gone.length);
  expect(kept.filter((path) => !existsSync(path))).toEqual([]);
  expect(gone.filter((path) => existsSync(path))).toEqual([]);
});

test('a link to a folder is not followed', () => {
  const precious = make('precious', null);
  symlinkSync(precious, join(folder, `twinpath-${NOBODY}-link`));
  removeAbandoned(folder);
  expect(existsSync(precious)).toBe(true);
});
