import { existsSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { countFree } from './bitmaps.ts';
import { freshImage as makeImage, openChecker, type Checker } from './e2fsck.fixture.ts';
import { E2fsck } from './e2fsck.ts';
import { ImageBytes } from './image-bytes.fixture.ts';
import { writeImage } from './image-file.ts';
import { judgeImage } from './judges/e2fsck.ts';
import { findProgram, run } from './process.ts';

let checker: Checker;
let e2fsck: E2fsck;

beforeAll(async () => {
  checker = await openChecker();
  ({ e2fsck } = checker);
});

afterAll(() => checker.close());

const freshImage = (name: string, ...options: string[]): Promise<string> =>
  makeImage(checker.folder, name, ...options);

const NOTHING = new ImageBytes(new Uint8Array(0));

test('a sound image holds', async () => {
  const report = await e2fsck.check(await freshImage('sound'));
  expect(report.status).toBe(0);
  expect(judgeImage('t', 'after unmount', report, NOTHING)).toEqual({ kind: 'holds' });
});

test('a damaged image fails, by the class of the first complaint', async () => {
  const path = await freshImage('damaged', '-b', '4096', '-O', '^metadata_csum');
  const file = openSync(path, 'r+');
  // s_free_blocks_count of the superblock, and the first bitmap's descriptor.
  writeSync(file, Uint8Array.of(0x11, 0x22, 0, 0), 0, 4, 1024 + 0x0c);
  writeSync(file, Uint8Array.of(0x77, 0, 0, 0), 0, 4, 4096);
  const verdict = judgeImage('t', 'after unmount', await e2fsck.check(path), NOTHING);
  expect(verdict).toMatchObject({ kind: 'fails', failure: { kind: 'e2fsck', target: 't' } });
  if (verdict.kind === 'fails') expect(verdict.failure.detail).not.toMatch(/\b\d/);
});

test('what is no file system at all fails', async () => {
  const path = join(checker.folder, 'nonsense');
  writeImage(new ImageBytes(new Uint8Array(1 << 20).fill(1)), path);
  expect(judgeImage('t', '', await e2fsck.check(path), NOTHING).kind).toBe('fails');
});

test('a file that is not there proves nothing', async () => {
  const report = await e2fsck.check(join(checker.folder, 'missing'));
  expect(judgeImage('t', '', report, NOTHING).kind).toBe('unknown');
});

test('an e2fsck that is killed proves nothing, and the images behind it are judged all the same', async () => {
  const other = await E2fsck.find(1);
  if (other === null) throw new Error('e2fsck is gone');
  // A pipe that nobody writes to keeps it busy: an image may have been looked at before the signal comes.
  const busy = join(checker.folder, 'busy');
  await run('mkfifo', [busy], { timeoutMs: 10_000 });
  const killed = other.check(busy);
  const waiting = other.check(await freshImage('waiting'));
  other.kill();
  const report = await killed;
  expect(report.status).toBeNull();
  expect(judgeImage('t', '', report, NOTHING).kind).toBe('unknown');
  expect(judgeImage('t', '', await waiting, NOTHING).kind).toBe('holds');
  expect(judgeImage('t', '', await other.check(await freshImage('next')), NOTHING).kind).toBe('holds');
  await other.close();
});

test('many images at once get their own answers', async () => {
  const [sound, nonsense] = [await freshImage('a'), join(checker.folder, 'b')];
  writeImage(new ImageBytes(new Uint8Array(1 << 20).fill(1)), nonsense);
  const paths = Array.from({ length: 20 }, (_, index) => (index % 3 === 0 ? nonsense : sound));
  const reports = await Promise.all(paths.map((path) => e2fsck.check(path)));
  const kinds = reports.map((report) => judgeImage('t', '', report, NOTHING).kind);
  expect(kinds).toEqual(paths.map((path) => (path === sound ? 'holds' : 'fails')));
});

test.each([['1024'], ['2048'], ['4096']])(
  'blocks of %s bytes: the bitmaps say what dumpe2fs says',
  async (size) => {
    const path = await freshImage(`bitmaps-${size}`, '-b', size);
    const dumpe2fs = findProgram('dumpe2fs') ?? 'dumpe2fs';
    const { stdout } = await run(dumpe2fs, ['-h', path], { timeoutMs: 30_000 });
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(stdout)?.[1]);
    expect(countFree(ImageBytes.fromFile(path))).toEqual({
      blocks: field('Free blocks'),
      inodes: field('Free inodes'),
    });
  },
);

test('an image is written as it is, and holes stay holes', () => {
  const bytes = new Uint8Array((1 << 20) + 512);
  bytes[5000] = 1;
  bytes[bytes.length - 1] = 2;
  const path = join(checker.folder, 'sparse');
  writeImage(new ImageBytes(bytes), path);
  expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
  expect(statSync(path).blocks * 512).toBeLessThan(1 << 16);
  expect(existsSync(path)).toBe(true);
});
