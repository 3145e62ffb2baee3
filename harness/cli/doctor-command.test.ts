import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import type { Ability } from '../doctor/ability.ts';
import { twinpath } from './said.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'twinpath-doctor-'));
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(folder, { recursive: true }));

const abilities = async (): Promise<{ code: number; all: Ability[] }> => {
  const { code, out } = await twinpath('doctor', '--json');
  return { code, all: JSON.parse(out) as Ability[] };
};

test('what is there is shown with its version, and the main job can run', async () => {
  const { code, all } = await abilities();
  const e2fsck = all.find(({ name }) => name === 'e2fsck');
  expect(e2fsck?.missing).toBeNull();
  expect(e2fsck?.found).toMatch(/^e2fsck \d/);
  expect(code).toBe(0);
});

test('what the main job needs and is missing is said, with the way to get it', async () => {
  writeFileSync(join(folder, 'python3'), '#!/bin/sh\necho Python 9.9\n');
  chmodSync(join(folder, 'python3'), 0o755);
  vi.stubEnv('PATH', folder);
  const { code, all } = await abilities();
  // /usr/sbin and /sbin are looked into all the same, where Debian has e2fsck.
  const e2fsck = all.find(({ name }) => name === 'e2fsck');
  expect(code).toBe(e2fsck?.missing === null ? 0 : 2);
  expect(all.find(({ name }) => name === 'cc')).toMatchObject({
    missing: 'not installed',
    remedy: 'install gcc (Debian: apt-get install gcc)',
  });
  expect(all.find(({ name }) => name === 'python3')).toMatchObject({ missing: null, found: 'Python 9.9' });
});
