import { execa } from 'execa';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { image } from './said.fixture.ts';
import type { Corruption } from '../corrupt/dissected-image.ts';
import { writeImage } from '../image-file.ts';
import { dissect } from '../targets/typescript/dissection.ts';
import { loadImage } from '../targets/typescript/image-source.ts';

/** Longer than what is moved at once, and no multiple of anything. */
const BYTES = Buffer.from(
  Array.from({ length: 1_500_001 }, (_, index) => (index * 13 + (index >> 9)) & 0xff),
);
/** A line of `image map --json`. */
interface Run {
  readonly logical: number;
  readonly physical: number;
  readonly length: number;
  readonly state: string;
}

const BAD_NAME = Buffer.from([0x62, 0xff, 0x64]);

let folder: string;

const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-copy-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const e2fsck = async (path: string): Promise<number | undefined> =>
  (await execa('e2fsck', ['-fn', path], { reject: false })).exitCode;

const debugfs = async (path: string, request: string): Promise<string> =>
  (await execa('debugfs', ['-R', request, path])).stdout;

function makeSource(): string {
  const source = at('source');
  mkdirSync(join(source, 'dir/deep'), { recursive: true });
  writeFileSync(join(source, 'bytes'), BYTES);
  writeFileSync(join(source, 'small'), 'small\n');
  writeFileSync(Buffer.concat([Buffer.from(`${source}/`), BAD_NAME]), 'bad');
  linkSync(join(source, 'small'), join(source, 'dir/hard'));
  symlinkSync('../small', join(source, 'dir/way'));
  writeFileSync(join(source, 'sparse'), 'x');
  truncateSync(join(source, 'sparse'), 64 << 20);
  chmodSync(join(source, 'small'), 0o640);
  chmodSync(join(source, 'dir/deep'), 0o1770);
  utimesSync(join(source, 'small'), 981173106, 981173107);
  return source;
}

test('what is put is what the tools of e2fsprogs see, and what is got', async () => {
  const source = makeSource();
  expect(await image('mkfs', at('disk'), '--size', '32M', '--label', 'copy')).toMatchObject({ code: 0 });
  expect(statSync(at('disk')).size).toBe(32 << 20);
  expect(await image('put', at('disk'), source, '/tree')).toMatchObject({ code: 0 });
  expect(await e2fsck(at('disk'))).toBe(0);
  const stat = await debugfs(at('disk'), 'stat /tree/small');
  expect(stat).toMatch(/Mode: +0640/);
  expect(stat).toContain('Links: 2');
  expect(stat).toContain(`mtime: 0x${(981173107).toString(16)}`);
  await execa('debugfs', ['-R', `dump /tree/bytes ${at('dumped')}`, at('disk')]);
  expect(readFileSync(at('dumped')).equals(BYTES)).toBe(true);
  expect(await image('get', at('disk'), '/tree', at('target'))).toMatchObject({ code: 0 });
  await execa('diff', ['-r', '--no-dereference', source, at('target')]);
  expect(statSync(at('target/small'))).toMatchObject({ nlink: 2, mode: 0o100640, mtimeMs: 981173107000 });
  expect(statSync(at('target/dir/deep')).mode & 0o7777).toBe(0o1770);
  expect(readlinkSync(at('target/dir/way'))).toBe('../small');
  // Megabytes of nothing take no room on either side.
  expect(statSync(at('target/sparse')).blocks).toBeLessThan(1000);
});

test('map shows what debugfs shows', async () => {
  writeFileSync(at('bytes'), BYTES);
  await image('mkfs', at('disk'), '--size', '16M');
  await image('put', at('disk'), at('bytes'), '/');
  const { out } = await image('map', '--json', at('disk'), '/bytes');
  const runs = JSON.parse(out) as { physical: number; length: number }[];
  const blocks = runs.flatMap(({ physical, length }) =>
    Array.from({ length }, (_, index) => physical + index),
  );
  const theirs = (await debugfs(at('disk'), 'blocks /bytes')).trim().split(/\s+/).map(Number);
  expect(blocks).toEqual(theirs);
  expect(blocks.length).toBe(Math.ceil(BYTES.length / 4096));
});

/** What mke2fs is told, so that the file's blocks are found in another way. */
const KINDS = [
  ['indirect blocks', ['-t', 'ext3', '-b', '1024']],
  ['indirect blocks of 4 KiB', ['-t', 'ext2', '-b', '4096']],
  ['clusters', ['-t', 'ext4', '-O', 'bigalloc', '-b', '1024', '-C', '16384']],
  ['inline_data', ['-t', 'ext4', '-O', 'inline_data', '-b', '1024']],
] as const;

test.each(KINDS)('map shows what debugfs shows: %s', async (_, options) => {
  mkdirSync(at('source'));
  writeFileSync(at('source/bytes'), BYTES);
  writeFileSync(at('source/tiny'), 'a few bytes');
  await execa('mke2fs', ['-q', '-F', ...options, '-d', at('source'), at('disk'), '64M']);
  const blockSize = Number(options[options.indexOf('-b') + 1]);
  const count = Math.ceil(BYTES.length / blockSize);
  writeFileSync(
    at('requests'),
    Array.from({ length: count }, (__, block) => `bmap /bytes ${block}\n`).join(''),
  );
  const { stdout } = await execa('debugfs', ['-f', at('requests'), at('disk')]);
  const theirs = stdout.split('\n').filter((line) => /^\d+$/.test(line));
  const runs = JSON.parse((await image('map', '--json', at('disk'), '/bytes')).out) as Run[];
  const ours = Array.from({ length: count }, () => 0);
  for (const { logical, physical, length, state } of runs) {
    expect(state).toBe('written');
    for (let index = 0; index < length; index++) ours[logical + index] = physical + index;
  }
  expect(theirs).toHaveLength(count);
  expect(ours).toEqual(theirs.map(Number));
  // Of contents in the inode, neither knows a block.
  const inline = (await debugfs(at('disk'), 'stat /tiny')).includes('Size of inline data:');
  expect((await image('map', at('disk'), '/tiny')).out.includes('inline')).toBe(inline);
  expect(inline).toBe(options.includes('inline_data' as never));
});

test('nothing is overwritten unless --force says so', async () => {
  writeFileSync(at('one'), 'one');
  writeFileSync(at('disk'), 'precious');
  expect(await image('mkfs', at('disk'), '--size', '16M')).toMatchObject({ code: 2 });
  expect(readFileSync(at('disk'), 'utf8')).toBe('precious');
  expect(await image('mkfs', at('disk'), '--size', '16M', '--force')).toMatchObject({ code: 0 });
  expect(await image('put', at('disk'), at('one'), '/')).toMatchObject({ code: 0 });
  writeFileSync(at('one'), 'two');
  expect(await image('put', at('disk'), at('one'), '/')).toMatchObject({ code: 2 });
  expect(await debugfs(at('disk'), 'cat /one')).toBe('one');
  expect(await image('put', at('disk'), at('one'), '/', '--force')).toMatchObject({ code: 0 });
  expect(await debugfs(at('disk'), 'cat /one')).toBe('two');
  writeFileSync(at('out'), 'precious');
  expect(await image('get', at('disk'), '/one', at('out'))).toMatchObject({ code: 2 });
  expect(readFileSync(at('out'), 'utf8')).toBe('precious');
  expect(await e2fsck(at('disk'))).toBe(0);
});

test('an image that is full keeps what went in', async () => {
  writeFileSync(at('large'), Buffer.alloc(20 << 20, 1));
  await image('mkfs', at('disk'), '--size', '16M');
  const { code, err } = await image('put', at('disk'), at('large'), '/');
  expect(code).toBe(2);
  expect(err).toContain('no space left');
  expect(await e2fsck(at('disk'))).toBe(0);
});

describe('an image from an enemy', () => {
  /** Gives names in the directory `dir` of the image other bytes of the same length, with checksums that hold. */
  function rename(changes: Readonly<Record<string, string>>): void {
    const dissected = dissect(loadImage(at('disk')));
    const hex = (text: string): string => Buffer.from(text).toString('hex');
    const corruptions = dissected.parts.flatMap((part): Corruption[] => {
      const [field] = part.fields;
      if (part.structure !== 'ext4_dir_entry_2.name' || field === undefined) return [];
      const now = dissected.value(part, field);
      const found = Object.entries(changes).find(([from]) => hex(from) === now);
      if (found === undefined) return [];
      return [
        { kind: 'field', structure: part.structure, place: part.place, field: 'bytes', value: hex(found[1]) },
      ];
    });
    expect(corruptions.length).toBe(Object.keys(changes).length);
    writeImage(dissected.damaged(corruptions, true), at('disk'));
  }

  test('writes nothing outside the target', async () => {
    mkdirSync(at('source/evilbbbb'), { recursive: true });
    mkdirSync(at('outside'));
    for (const name of ['xxxxxxxx', 'yyy', 'good']) writeFileSync(at(`source/${name}`), name);
    symlinkSync(at('outside'), at('source/evilaaaa'));
    writeFileSync(at('source/evilbbbb/file'), 'escaped');
    await image('mkfs', at('disk'), '--size', '16M');
    await image('put', at('disk'), at('source'), '/');
    // The link and the directory get one name, in whatever order they are met.
    rename({ xxxxxxxx: '../evil1', yyy: 'a/b', evilaaaa: 'evilcccc', evilbbbb: 'evilcccc' });
    const { code, err } = await image('get', at('disk'), '/', at('target'));
    expect(code).toBe(1);
    expect(err).toContain('no name that a file can have');
    expect(readdirSync(at('outside'))).toEqual([]);
    expect(existsSync(at('evil1'))).toBe(false);
    expect(readdirSync(folder).sort()).toEqual(['disk', 'outside', 'source', 'target']);
    expect(readFileSync(at('target/good'), 'utf8')).toBe('good');
    expect(lstatSync(at('target')).isDirectory()).toBe(true);
  });
});

test('fsck repeats what e2fsck says, and looks itself', async () => {
  await image('mkfs', at('disk'), '--size', '16M');
  writeFileSync(at('one'), 'one');
  await image('put', at('disk'), at('one'), '/');
  const sound = await image('fsck', at('disk'));
  expect(sound.code).toBe(0);
  expect(sound.out).toContain('e2fsck    exit code 0');
  expect(sound.out).toMatch(/twinpath {2}3 names, 0 findings/);
  await execa('debugfs', ['-w', '-R', 'set_inode_field /one links_count 3', at('disk')]);
  const damaged = await image('fsck', at('disk'));
  expect(damaged.code).toBe(1);
  expect(damaged.out).toContain('e2fsck    exit code 4');
  expect(damaged.out).toContain('/one has 3 links, and 1 names lead to it');
});
