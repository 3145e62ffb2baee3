import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Operation } from '../../../model/index.ts';
import { DEFAULT_SETUP, timeOfStep } from '../../setup.ts';
import type { Session } from '../../target.ts';
import { DirectoryTarget } from './directory-target.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'directory-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const OPTIONS = { faults: [], now: timeOfStep(0) };

async function ask(session: Session, operation: Operation): Promise<unknown> {
  const outcome = await session.apply(operation, timeOfStep(0));
  return outcome.ok ? outcome.value : outcome.errno;
}

test('a session stays in a sub-directory of its own, and takes it away', async () => {
  writeFileSync(join(folder, 'precious'), 'x');
  const session = await new DirectoryTarget(`dir:${folder}`, folder, '').start(DEFAULT_SETUP, OPTIONS);
  expect(await ask(session, { op: 'unlink', path: '../precious' })).toBe('ENOENT');
  expect(await ask(session, { op: 'unlink', path: '../../precious' })).toBe('ENOENT');
  expect(await ask(session, { op: 'mkdir', path: '../d', mode: 0o755 })).toEqual({ kind: 'done' });
  expect(await ask(session, { op: 'readdir', path: '..' })).toMatchObject({
    entries: [{ name: 'd', type: 'directory' }],
  });
  expect(readdirSync(folder)).toHaveLength(2);
  expect(await session.unmount()).toBe(null);
  await expect.poll(() => readdirSync(folder)).toEqual(['precious']);
});

test('where there is no directory nothing can be tried', async () => {
  const path = join(folder, 'missing');
  await expect(new DirectoryTarget(`dir:${path}`, path, '').start(DEFAULT_SETUP, OPTIONS)).rejects.toThrow(
    'no directory',
  );
});
