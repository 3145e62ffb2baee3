import { execa } from 'execa';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { twinpath } from './said.fixture.ts';

/** Larger than what is read at once, and no multiple of it. */
const BYTES = Buffer.from(Array.from({ length: 2_500_001 }, (_, index) => (index * 7 + (index >> 8)) & 0xff));

const OPTIONS = ['-q', '-F', '-t', 'ext4'];

let folder: string;
let image: string;

const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'image-command-test-'));
  image = at('image');
  mkdirSync(at('source/dir'), { recursive: true });
  writeFileSync(at('source/hello'), 'hello\n');
  writeFileSync(at('source/dir/bytes'), BYTES);
  symlinkSync('dir', at('source/way'));
  chmodSync(at('source/hello'), 0o4751);
  utimesSync(at('source/hello'), 981173106, 981173106);
  await execa('mke2fs', [...OPTIONS, '-L', 'twin', '-d', at('source'), image, '16M']);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What dumpe2fs -h says behind `key`. */
async function dumped(key: string): Promise<string> {
  const { stdout } = await execa('dumpe2fs', ['-h', image]);
  const line = stdout.split('\n').find((each) => each.startsWith(`${key}:`));
  return (line ?? '').slice(key.length + 1).trim();
}

describe('an image of mke2fs', () => {
  test('is described as dumpe2fs describes it', async () => {
    const facts = JSON.parse((await twinpath('image', 'info', '--json', image)).out) as Record<
      string,
      unknown
    >;
    expect(facts).toMatchObject({
      label: 'twin',
      uuid: await dumped('Filesystem UUID'),
      features: (await dumped('Filesystem features')).split(' '),
      state: await dumped('Filesystem state'),
      recovered: false,
      blockSize: Number(await dumped('Block size')),
      blocks: Number(await dumped('Block count')),
      blocksFree: Number(await dumped('Free blocks')),
      inodes: Number(await dumped('Inode count')),
      inodesFree: Number(await dumped('Free inodes')),
      journalBlocks: Number(await dumped('Total journal blocks')),
    });
  });

  test('lists what it was made of, sorted', async () => {
    const { uid, gid } = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    const { code, out, err } = await twinpath('image', 'ls', image);
    const lines = out.trimEnd().split('\n');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(lines.map((line) => line.split('Z ')[1])).toEqual(['dir', 'hello', 'lost+found', 'way -> dir']);
    const columns = (lines[1] ?? '').split(/ +/);
    expect(columns).toEqual(['-rwsr-x--x', '1', `${uid}`, `${gid}`, '6', '2001-02-03T04:05:06Z', 'hello']);
  });

  test('gives back the bytes, also through a link, and is not changed', async () => {
    const before = readFileSync(image);
    const { code, bytes } = await twinpath('image', 'cat', image, '/way/bytes');
    expect([code, bytes.equals(BYTES)]).toEqual([0, true]);
    expect(readFileSync(image).equals(before)).toBe(true);
  });
});

test('a log is replayed in memory only', async () => {
  const path = at('log');
  copyFileSync(image, path);
  // debugfs writes a log with one committed transaction: the revocation of a block.
  await execa('debugfs', ['-w', '-f', '-', path], { input: 'jo -c\njw -r 9000\njc\n' });
  const before = readFileSync(path);
  const { code, out } = await twinpath('image', 'info', path);
  expect([code, out]).toEqual([0, expect.stringContaining('replayed in memory')]);
  expect((await twinpath('image', 'cat', path, 'hello')).out).toBe('hello\n');
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('features that forbid writing do not forbid looking', async () => {
  await execa('mke2fs', [...OPTIONS, '-O', 'quota', '-d', at('source'), at('quota'), '16M']);
  expect((await twinpath('image', 'info', at('quota'))).out).toContain(' quota');
  expect((await twinpath('image', 'cat', at('quota'), 'hello')).out).toBe('hello\n');
});

describe('bad input', () => {
  const refused = async (hint: string | RegExp, ...words: string[]): Promise<void> => {
    const { code, out, err } = await twinpath('image', ...words);
    expect({ code, out: out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(hint);
    expect(err).not.toMatch(/^\s+at /m);
  };

  test.each([
    ['empty', ''],
    ['text', 'no file system\n'],
    ['zeros', '\0'.repeat(65536)],
  ])('%s', async (name, text) => {
    writeFileSync(at(name), text);
    await refused(new RegExp(`${name}: not an ext4 image`), 'info', at(name));
  });

  test('a truncated image', async () => {
    copyFileSync(image, at('cut'));
    truncateSync(at('cut'), 8 << 20);
    await refused(/cut short.*blocksCount/, 'info', at('cut'));
  });

  test('incompatible features, by name', async () => {
    copyFileSync(image, at('features'));
    await execa('debugfs', ['-w', '-R', 'set_super_value feature_incompat 0x12c3', at('features')]);
    await refused('compression, dirdata', 'ls', at('features'));
  });

  test('a feature that has no name', async () => {
    copyFileSync(image, at('unknown'));
    await execa('debugfs', ['-w', '-R', 'set_super_value feature_incompat 0x200002c2', at('unknown')]);
    await refused('FEATURE_I29', 'ls', at('unknown'));
  });

  test('a corrupt superblock, by field', async () => {
    copyFileSync(image, at('corrupt'));
    await execa('debugfs', ['-w', '-R', 'set_super_value inodes_per_group 3', at('corrupt')]);
    await refused('inodesPerGroup is 3', 'info', at('corrupt'));
  });

  test('what is no image file', async () => {
    await refused('a folder', 'info', folder);
    await refused('ENOENT', 'info', at('nowhere'));
    await refused('not a regular file', 'info', '/dev/null');
  });

  test.each([
    ['cat', '/nowhere', 'no such file'],
    ['ls', '/nowhere', 'no such file'],
    ['cat', '/dir', 'is a directory'],
    ['cat', '/hello/x', 'not a directory'],
  ])('%s %s', (verb, path, hint) => refused(hint, verb, image, path));
});
