import { execa } from 'execa';
import fc from 'fast-check';
import { copyFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { withDir } from 'tmp-promise';
import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { debugfs, e2fsck, loadImage, withImage } from './disk-image.fixture.ts';
import type { FileSystem } from './file-system.ts';
import { python, scriptedKernelTest, withKernelMount } from './kernel-mount.fixture.ts';
import { newDisk, NOW, putFile, testMount } from './test-mount.fixture.ts';
import type { Stat } from './types.ts';

/** Inodes of every size, and what their fields beyond byte 128 keep. */

const SIZES = [128, 256, 1024];

/** Seconds and nanoseconds around every limit of the format, and beyond them. */
const TIMES: readonly (readonly [number, number])[] = [
  [-(2 ** 40), 5],
  [-(2 ** 31) - 1, 999_999_999],
  [-(2 ** 31), 0],
  [-(2 ** 31), 7],
  [-(2 ** 31) + 1, 1],
  [-1, 999_999_999],
  [0, 1],
  [2 ** 31 - 2, 999_999_999],
  [2 ** 31 - 1, 3],
  [2 ** 31, 123_456_789],
  [2 ** 32 - 1, 1],
  [2 ** 32, 1],
  [2 ** 32 + 2 ** 31, 999_999_999],
  [2 ** 33 + 12_345, 0],
  [2 ** 34 - 2 ** 31 - 2, 999_999_999],
  [2 ** 34 - 2 ** 31 - 1, 4],
  [2 ** 34 - 2 ** 31, 4],
  [2 ** 36, 0],
];

/** Sets the times of a file each. */
const SET_TIMES = `
import json, os, sys
os.chdir(sys.argv[1])
for index, (seconds, nanoseconds) in enumerate(json.load(open(sys.argv[2]))):
    open('t%d' % index, 'w').close()
    time = seconds * 10**9 + nanoseconds
    os.utime('t%d' % index, ns=(time, time))
print('null')
`;

const SHOW_TIMES = `
import json, os, sys
os.chdir(sys.argv[1])
def text(name):
    found = os.lstat(name)
    return ['%d.%09d' % (ns // 10**9, ns % 10**9) for ns in (found.st_atime_ns, found.st_mtime_ns)]
print(json.dumps([text('t%d' % index) for index in range(len(json.load(open(sys.argv[2]))))]))
`;

const textOf = ({ seconds, nanoseconds }: Stat['atime']): string =>
  `${seconds}.${String(nanoseconds).padStart(9, '0')}`;

const shownTimes = (fs: FileSystem): string[][] =>
  TIMES.map((_, index) => {
    const { atime, mtime } = fs.lstat(`t${index}`);
    return [textOf(atime), textOf(mtime)];
  });

describe.each(SIZES)('times in inodes of %i bytes', (inodeSize) => {
  scriptedKernelTest('the kernel and we set and read them alike', async () => {
    await withDir(
      async ({ path }) => {
        const image = `${path}/image`;
        await execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-I', `${inodeSize}`, '-b', '1024', image, '8M']);
        await withKernelMount(image, (root) => python(SET_TIMES, root, TIMES));
        const kernels = await loadImage(image);
        const fs = testMount(kernels);
        const seen = shownTimes(fs);
        TIMES.forEach(([seconds, nanoseconds], index) => {
          putFile(fs, `t${index}`);
          fs.utimens(`t${index}`, { seconds, nanoseconds }, { seconds, nanoseconds });
        });
        expect(shownTimes(fs)).toEqual(seen);
        fs.unmount();
        expect(await e2fsck(kernels)).toBe('clean');
        await withImage(kernels, async (ours) => {
          expect(await withKernelMount(image, (root) => python(SHOW_TIMES, root, TIMES))).toEqual(seen);
          expect(await withKernelMount(ours, (root) => python(SHOW_TIMES, root, TIMES))).toEqual(seen);
        });
      },
      { unsafeCleanup: true },
    );
  });

  test('the time of birth is on the disk where there is a field for it', async () => {
    const disk = newDisk(1024, 8 << 20, { inodeSize });
    const fs = testMount(disk, { now: { seconds: 2 ** 31 + 3, nanoseconds: 5 } });
    putFile(fs, 'f');
    fs.unmount();
    const shown = await debugfs(disk, 'stat f');
    // Epoch bit 1, and 5 nanoseconds above the two bits of the epoch; 2^31 + 3 is kept in 32 bits.
    if (inodeSize > 128) expect(shown).toMatch(/crtime: 0x80000003:00000015/);
    else {
      expect(shown).not.toMatch(/crtime/);
      // The last moment that 32 bits can say.
      expect(shown).toMatch(/ctime: 0x7fffffff --/);
    }
  });
});

/** A form of file system whose inodes were made for fewer fields than there are. */
interface OldForm {
  readonly inodeSize: number;
  readonly features: string;
  /** i_extra_isize of the files, bytes. */
  readonly extraSize: number;
  /** s_min_extra_isize */
  readonly least: number;
}

const OLD_FORMS: readonly OldForm[] = [
  { inodeSize: 256, features: 'none', extraSize: 4, least: 32 },
  { inodeSize: 256, features: 'none', extraSize: 4, least: 16 },
  { inodeSize: 256, features: '^metadata_csum', extraSize: 8, least: 32 },
  { inodeSize: 512, features: 'inline_data', extraSize: 28, least: 32 },
];

/** Makes files with attributes: [[name, length of the file, [[name, length], ...]], ...]. */
const MAKE_FILES = `
import errno, json, os, sys
os.chdir(sys.argv[1])
for name, length, attributes in json.load(open(sys.argv[2])):
    with open(name, 'w') as file: file.write('c' * length)
    for index, (attribute, size) in enumerate(attributes):
        try: os.setxattr(name, attribute, bytes([65 + index]) * size)
        except OSError as error: assert error.errno == errno.ENOSPC
print('null')
`;

const CHANGE_FILES = `
import json, os, sys
os.chdir(sys.argv[1])
for name, _, _ in json.load(open(sys.argv[2])): os.chmod(name, 0o640)
print('null')
`;

/** What a reader sees of contents and attributes. */
const SHOW_FILES = `
import hashlib, json, os, sys
os.chdir(sys.argv[1])
def digest(data): return '%d %s' % (len(data), hashlib.sha1(data).hexdigest())
print(json.dumps([
    [name, digest(open(name, 'rb').read())]
    + sorted([attribute, digest(os.getxattr(name, attribute))] for attribute in os.listxattr(name))
    for name, _, _ in json.load(open(sys.argv[2]))
]))
`;

type FileSeed = readonly [
  name: string,
  length: number,
  attributes: readonly (readonly [name: string, length: number])[],
];

const attribute = fc.tuple(
  fc.constantFrom('user.a', 'user.bc', 'trusted.d', `user.${'e'.repeat(30)}`, 'user.f'),
  fc.oneof(fc.nat(12), fc.nat(110), fc.constantFrom(16, 36, 40, 64, 300, 700)),
);

/** Files of a form; more of them with TWINPATH_THOROUGH. */
const SEEDS = process.env.TWINPATH_THOROUGH === undefined ? 40 : 400;

function seedsOf(count: number): FileSeed[] {
  const attributes = fc.sample(fc.array(attribute, { maxLength: 6 }), { seed: 77, numRuns: count });
  return attributes.map((each, index) => [`f${index}`, [0, 30, 100, 2000][index % 4] ?? 0, each]);
}

/** Where the attributes of each file lie: bytes of fields, the tail behind them as it is, and how many sectors the file has. */
async function placesOf(image: string, seeds: readonly FileSeed[]): Promise<string[][]> {
  const requests = seeds.map(([name]) => `stat ${name}\ninode_dump -x ${name}`).join('\n');
  const { stdout } = await execa('debugfs', ['-f', '-', image], { input: requests });
  const [, ...files] = stdout.split('debugfs: stat ');
  return files.map((file) =>
    file.split('\n').filter((line) => /^(magic|offset|value_offset|name|Size of extra|Links)/.test(line)),
  );
}

/**
 * What we may have made of each file: the same as the kernel, but where that left the file as it was. It may whenever growing is not
 * worth the trouble, and the build fc-v1252 of Linux 6.18.44 does as soon as there are attributes, where earlier builds moved them.
 */
function permittedPlaces(
  before: readonly string[][],
  kernels: readonly string[][],
  ours: readonly string[][],
): string[][] {
  return kernels.map((places, index) =>
    isDeepStrictEqual(places, before[index]) ? (ours[index] ?? []) : places,
  );
}

describe.each(OLD_FORMS)(
  'inodes of $inodeSize bytes with $extraSize of extra fields, at least $least, features $features',
  ({ inodeSize, features, extraSize, least }) => {
    scriptedKernelTest('grow as in the kernel, and their attributes move', async () => {
      await withDir(
        async ({ path }) => {
          const [image, kernels] = [`${path}/image`, `${path}/kernels`];
          const options = ['-I', `${inodeSize}`, '-b', '1024', '-N', '1024'];
          if (features !== 'none') options.push('-O', features);
          await execa('mke2fs', ['-q', '-F', '-t', 'ext4', ...options, image, '16M']);
          await execa('debugfs', ['-w', '-R', `ssv min_extra_isize ${least}`, image]);
          const seeds = seedsOf(SEEDS);
          const old = [`debug_want_extra_isize=${extraSize}`];
          await withKernelMount(image, (root) => python(MAKE_FILES, root, seeds), old);
          await copyFile(image, kernels);
          await withKernelMount(kernels, (root) => python(CHANGE_FILES, root, seeds));
          const seen = await withKernelMount(kernels, (root) => python(SHOW_FILES, root, seeds));
          const before = await placesOf(image, seeds);
          const disk = await changedByUs(image, seeds);
          expect(await e2fsck(disk)).toBe('clean');
          await withImage(disk, async (ours) => {
            const places = await placesOf(ours, seeds);
            expect(places).toHaveLength(seeds.length);
            expect(places).toEqual(permittedPlaces(before, await placesOf(kernels, seeds), places));
            expect(await withKernelMount(ours, (root) => python(SHOW_FILES, root, seeds))).toEqual(seen);
          });
        },
        { unsafeCleanup: true },
      );
    });
  },
);

async function changedByUs(image: string, seeds: readonly FileSeed[]): Promise<MemoryDisk> {
  const disk = await loadImage(image);
  const fs = testMount(disk, { now: { ...NOW, seconds: NOW.seconds + 100 } });
  for (const [name] of seeds) fs.chmod(name, 0o640);
  fs.unmount();
  return disk;
}

/** i_blocks as debugfs writes it: both halves, and whether it counts blocks and no sectors. */
const BLOCK_COUNTS = [
  [0xffff_ffff, 0, false],
  [5, 1, false],
  [0xffff_ffff, 0xffff, false],
  [6, 0, true],
  [6, 0x7f, true],
  [0xffff_ffff, 0x7fff, true],
  [0, 0x8000, true],
  [0xffff_ffff, 0xffff, true],
] as const;

const EXT4_HUGE_FILE_FL = 0x40000;
const EXT4_EXTENTS_FL = 0x80000;

const CHANGE_AND_SHOW = `
import json, os, sys
os.chdir(sys.argv[1])
names = json.load(open(sys.argv[2]))
before = [os.lstat(name).st_blocks for name in names]
for name in names: os.chmod(name, 0o640)
print(json.dumps([before, [os.lstat(name).st_blocks for name in names]]))
`;

describe.each(['huge_file', '^huge_file'])('counts of blocks with the feature %s', (feature) => {
  scriptedKernelTest('mean and become what they do in the kernel', async () => {
    await withDir(
      async ({ path }) => {
        const [image, kernels, source] = [`${path}/image`, `${path}/kernels`, `${path}/source`];
        await execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '4096', '-O', feature, image, '16M']);
        await copyFile('/dev/null', source);
        const names = BLOCK_COUNTS.map((_, index) => `f${index}`);
        const requests = BLOCK_COUNTS.flatMap(([low, high, inBlocks], index) => [
          `write ${source} f${index}`,
          `sif f${index} blocks_lo ${low}`,
          `sif f${index} blocks_hi ${high}`,
          `sif f${index} flags ${EXT4_EXTENTS_FL | (inBlocks ? EXT4_HUGE_FILE_FL : 0)}`,
          // No extra field is in use: all of them are, from now on.
          `sif f${index} extra_isize 0`,
        ]);
        await execa('debugfs', ['-w', '-f', '-', image], { input: requests.join('\n') });
        await copyFile(image, kernels);
        const seen = await withKernelMount(kernels, (root) => python(CHANGE_AND_SHOW, root, names));
        const disk = await loadImage(image);
        const fs = testMount(disk);
        const before = names.map((name) => fs.lstat(name).sectors);
        for (const name of names) fs.chmod(name, 0o640);
        expect([before, names.map((name) => fs.lstat(name).sectors)]).toEqual(seen);
        fs.unmount();
        await withImage(disk, async (ours) => {
          expect(await countsOf(ours, names)).toEqual(await countsOf(kernels, names));
        });
      },
      { unsafeCleanup: true },
    );
  });
});

/** Both halves of i_blocks, the flag, and the bytes of extra fields. */
async function countsOf(image: string, names: readonly string[]): Promise<string[]> {
  const requests = names.map((name) => `inode_dump ${name}\nstat ${name}`).join('\n');
  const { stdout } = await execa('debugfs', ['-f', '-', image], { input: requests });
  return stdout.split('\n').flatMap((line) => {
    const words = line.split(/\s+/);
    // Offsets are octal: i_blocks_lo lies at byte 034, i_blocks_high at 0164.
    if (words[0] === '0020') return [`${words[7]} ${words[8]}`];
    if (words[0] === '0160') return [`${words[3]}`];
    return /Flags: \S+|Size of extra.*/.exec(line) ?? [];
  });
}
