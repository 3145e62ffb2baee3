import { execa } from 'execa';
import { closeSync, openSync, readSync, truncateSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { MemoryDisk } from '../../block/memory-disk.ts';
import { e2fsck, inDirectory, save } from '../e2fsprogs.fixture.ts';
import { mkfs, MkfsError, type MkfsOptions } from './mkfs.ts';

const UUID_TEXT = '00112233-4455-6677-8899-aabbccddeeff';
const SEED_TEXT = 'f0e1d2c3-b4a5-9687-7869-5a4b3c2d1e0f';
const NOW = 1_700_000_000;
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const TIB = 1024 * GIB;

const parse = (uuid: string): Uint8Array =>
  Uint8Array.from(uuid.replaceAll('-', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const identity = { uuid: parse(UUID_TEXT), hashSeed: parse(SEED_TEXT), now: NOW };

async function mke2fs(path: string, options: MkfsOptions): Promise<void> {
  const { blockSize, sizeBytes, features = [], descriptorSize } = options;
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
  const extended = [`hash_seed=${SEED_TEXT}`];
  if (descriptorSize !== undefined) extended.push(`desc_size=${descriptorSize}`);
  const journalMib = ((options.journalBlocks ?? 0) * blockSize) / MIB;
  const words = [
    ...['-t', options.type ?? 'ext4', '-b', String(blockSize), '-U', UUID_TEXT, '-E', extended.join(',')],
    ...(features.length === 0 ? [] : ['-O', features.join(',')]),
    ...(journalMib === 0 ? [] : ['-J', `size=${journalMib}`]),
    ...option('-I', options.inodeSize),
    ...option('-N', options.inodes),
    ...option('-i', options.inodeRatio),
    ...option('-C', options.clusterSize),
    ...option('-G', options.groupsPerFlex),
    ...option('-g', options.blocksPerGroup),
    ...option('-m', options.reservedPercent),
    ...option('-e', options.errors),
    ...option('-L', options.label),
  ];
  await execa('mke2fs', ['-q', '-F', ...words, path, String(Math.floor(sizeBytes / blockSize))], {
    env: AT_THAT_TIME,
  });
  const { hash, unsignedHash = false } = options;
  // mke2fs takes both from its configuration and its machine only.
  if (hash !== undefined) await execa('tune2fs', ['-E', `hash_alg=${hash}`, path], { env: AT_THAT_TIME });
  if (unsignedHash)
    await execa('debugfs', ['-w', '-R', 'set_super_value flags 2', path], { env: AT_THAT_TIME });
}

const AT_THAT_TIME = { E2FSPROGS_FAKE_TIME: String(NOW) };

const option = (letter: string, value: string | number | undefined): string[] =>
  value === undefined ? [] : [letter, String(value)];

interface Ignored {
  /** Where the structure has which bytes. */
  readonly magic: { readonly at: number; readonly bytes: readonly number[] };
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

/** What mke2fs writes that nobody can foresee; each structure begins at a multiple of 1024 bytes. */
const IGNORED: readonly Ignored[] = [
  // Superblocks: s_kbytes_written, because mke2fs counts its own writes, and s_checksum.
  {
    magic: { at: 0x38, bytes: [0x53, 0xef] },
    ranges: [
      { start: 0x178, end: 0x180 },
      { start: 0x3fc, end: 0x400 },
    ],
  },
  // The MMP block: mmp_time (of the machine), the names of host and device, and the checksum.
  {
    magic: { at: 0, bytes: [0x50, 0x4d, 0x4d, 0x00, 0x50, 0x4d, 0x4d, 0xff] },
    ranges: [
      { start: 0x8, end: 0x70 },
      { start: 0x3fc, end: 0x400 },
    ],
  },
];

const CHUNK = 64 * 1024;

/** Is this byte of a structure that starts at `at` in both one of those that are not compared? */
const isIgnored = (ours: Uint8Array, theirs: Uint8Array, at: number, byte: number): boolean =>
  IGNORED.some(
    ({ magic, ranges }) =>
      [ours, theirs].every((bytes) => magic.bytes.every((value, i) => bytes[at + magic.at + i] === value)) &&
      ranges.some(({ start, end }) => byte >= start && byte < end),
  );

/** Where the disk and the file differ, superblocks compared without what is ignored. */
function differences(disk: MemoryDisk, path: string): string[] {
  const found: string[] = [];
  const ours = new Uint8Array(CHUNK);
  const theirs = new Uint8Array(CHUNK);
  const file = openSync(path, 'r');
  try {
    for (let offset = 0; offset < disk.sizeBytes; offset += CHUNK) {
      const length = Math.min(CHUNK, disk.sizeBytes - offset);
      disk.read(offset, ours.subarray(0, length));
      readSync(file, theirs, 0, length, offset);
      if (Buffer.compare(ours.subarray(0, length), theirs.subarray(0, length)) === 0) continue;
      for (let byte = 0; byte < length; byte++) {
        if (ours[byte] === theirs[byte]) continue;
        const within = byte % 1024;
        if (isIgnored(ours, theirs, byte - within, within)) continue;
        found.push(`byte ${offset + byte}: ${ours[byte] ?? ''}, not ${theirs[byte] ?? ''}`);
      }
    }
  } finally {
    closeSync(file);
  }
  return found;
}

type Entry = Partial<Omit<MkfsOptions, 'pages'>> & Pick<MkfsOptions, 'blockSize' | 'sizeBytes'>;

/** Sizes: where groups, journals and the last group end. */
const SIZES: readonly Entry[] = [
  { blockSize: 1024, sizeBytes: 2 * MIB },
  { blockSize: 1024, sizeBytes: 8 * MIB },
  { blockSize: 1024, sizeBytes: 8 * MIB + 1024 },
  { blockSize: 1024, sizeBytes: 8 * MIB + 700 * 1024 },
  { blockSize: 1024, sizeBytes: 64 * MIB },
  { blockSize: 1024, sizeBytes: 130 * MIB },
  { blockSize: 2048, sizeBytes: 4 * MIB },
  { blockSize: 2048, sizeBytes: 50 * MIB },
  { blockSize: 4096, sizeBytes: 8 * MIB },
  { blockSize: 4096, sizeBytes: 64 * MIB },
  { blockSize: 4096, sizeBytes: 300 * MIB },
  { blockSize: 4096, sizeBytes: 1024 * MIB },
  { blockSize: 1024, sizeBytes: 1024 * MIB },
  { blockSize: 8192, sizeBytes: 32 * MIB },
  { blockSize: 16384, sizeBytes: 64 * MIB },
  { blockSize: 32768, sizeBytes: 128 * MIB },
  { blockSize: 65536, sizeBytes: 160 * MIB },
];

const small = { blockSize: 1024, sizeBytes: 40 * MIB };
const middle = { blockSize: 4096, sizeBytes: 300 * MIB };

const tiny = { blockSize: 4096, sizeBytes: 16 * MIB };

/** Clusters: what shares one, and what does not. */
const BIGALLOC: readonly Entry[] = [
  { blockSize: 1024, sizeBytes: 16 * MIB, features: ['bigalloc'] },
  { blockSize: 1024, sizeBytes: 16 * MIB, features: ['bigalloc', '^resize_inode'], clusterSize: 2048 },
  { blockSize: 1024, sizeBytes: 31 * MIB + 3072, features: ['bigalloc', 'orphan_file'], clusterSize: 4096 },
  { ...small, features: ['bigalloc'], blocksPerGroup: 256 },
  { ...small, features: ['bigalloc', '^flex_bg', '^resize_inode'], blocksPerGroup: 512, clusterSize: 8192 },
  { ...small, features: ['bigalloc', '^metadata_csum', 'uninit_bg'], blocksPerGroup: 256, clusterSize: 4096 },
  { ...small, features: ['bigalloc', '^metadata_csum', '^64bit'], blocksPerGroup: 256, groupsPerFlex: 2 },
  { ...small, features: ['bigalloc', '^resize_inode', '^sparse_super'], blocksPerGroup: 256 },
  { ...small, features: ['bigalloc', '^resize_inode', 'meta_bg'], blocksPerGroup: 256, clusterSize: 2048 },
  { ...small, features: ['bigalloc', 'quota', 'project', 'mmp', 'orphan_file'], clusterSize: 2048 },
  { ...tiny, features: ['bigalloc'] },
  { ...tiny, features: ['bigalloc'], clusterSize: 4096 },
  { ...tiny, features: ['bigalloc', '^has_journal'], clusterSize: 1024 * 1024 },
  { ...middle, features: ['bigalloc', 'sparse_super2'], clusterSize: 8192 },
  { ...middle, features: ['bigalloc', 'inline_data', 'quota'], inodeSize: 512, reservedPercent: 1 },
  { blockSize: 2048, sizeBytes: 64 * MIB, features: ['bigalloc'], inodes: 3000 },
];

/** What we can make, but mount only to read. */
const FOR_READING: readonly Entry[] = [
  { ...small, features: ['quota'] },
  { ...small, features: ['quota', 'project'] },
  { ...small, features: ['quota', 'project', 'orphan_file'] },
  { blockSize: 2048, sizeBytes: 32 * MIB, features: ['quota'] },
  { ...tiny, features: ['quota', 'project'] },
  { blockSize: 8192, sizeBytes: 32 * MIB, features: ['quota', 'project'] },
  { ...small, type: 'ext3', features: ['quota'] },
  { ...small, features: ['mmp'] },
  { ...tiny, features: ['mmp', 'quota', '^has_journal', '^metadata_csum'] },
  { ...tiny, features: ['casefold', 'encrypt', 'verity', 'stable_inodes'] },
];

/** Features and numbers. */
const CHOICES: readonly Entry[] = [
  { blockSize: 4096, sizeBytes: 64 * MIB, inodeSize: 128 },
  { blockSize: 1024, sizeBytes: 16 * MIB, inodeSize: 512 },
  { blockSize: 1024, sizeBytes: 16 * MIB, inodeSize: 1024 },
  { blockSize: 1024, sizeBytes: 16 * MIB, inodes: 16 },
  { ...small, inodes: 20_000 },
  { ...small, inodeRatio: 65_536, reservedPercent: 0, label: 'a label' },
  { ...small, reservedPercent: 12.5, errors: 'remount-ro' },
  { blockSize: 2048, sizeBytes: 32 * MIB, features: ['^metadata_csum'] },
  { ...small, features: ['^metadata_csum'] },
  { ...small, features: ['^metadata_csum', 'uninit_bg'] },
  { ...small, features: ['^metadata_csum', 'uninit_bg', '^64bit'] },
  { ...small, features: ['uninit_bg'] },
  { ...small, features: ['metadata_csum_seed'] },
  { blockSize: 2048, sizeBytes: 32 * MIB, features: ['^64bit'] },
  { ...small, descriptorSize: 128 },
  { ...small, features: ['^resize_inode', 'meta_bg'], descriptorSize: 256 },
  { ...small, features: ['^flex_bg'] },
  { ...small, features: ['^flex_bg', '^metadata_csum', 'uninit_bg'] },
  { ...small, groupsPerFlex: 1 },
  { ...small, groupsPerFlex: 2 },
  { ...small, groupsPerFlex: 4 },
  { ...small, blocksPerGroup: 1024, groupsPerFlex: 8 },
  { ...small, features: ['^flex_bg'], blocksPerGroup: 2048 },
  { ...small, features: ['^resize_inode'] },
  { ...small, features: ['^resize_inode', 'meta_bg'] },
  { ...small, features: ['^resize_inode', 'meta_bg', '^flex_bg'], blocksPerGroup: 2048 },
  { ...middle, features: ['^resize_inode', 'meta_bg'] },
  { ...small, features: ['^resize_inode', '^sparse_super'] },
  { ...small, features: ['sparse_super2'] },
  { blockSize: 1024, sizeBytes: 12 * MIB, features: ['sparse_super2', '^resize_inode'] },
  { blockSize: 1024, sizeBytes: 4 * MIB, features: ['sparse_super2'] },
  { ...small, features: ['^has_journal'] },
  { ...small, features: ['fast_commit'] },
  { ...middle, journalBlocks: 2048 },
  // Journals of more extents than an inode holds.
  { blockSize: 1024, sizeBytes: 1024 * MIB, journalBlocks: 163_840 },
  { blockSize: 1024, sizeBytes: 512 * MIB, journalBlocks: 163_840, features: ['^metadata_csum'] },
  {
    blockSize: 1024,
    sizeBytes: 640 * MIB,
    journalBlocks: 163_840,
    features: ['bigalloc'],
    clusterSize: 8192,
  },
  {
    ...small,
    features: ['^large_file', '^huge_file', '^dir_nlink', '^extra_isize', '^ext_attr', '^dir_index'],
  },
  { blockSize: 4096, sizeBytes: 32 * MIB, features: ['^large_file'] },
  { ...small, features: ['^filetype'] },
  { ...small, features: ['inline_data'] },
  { ...tiny, features: ['inline_data', '^has_journal'] },
  { blockSize: 65536, sizeBytes: 160 * MIB, features: ['inline_data'] },
  { ...tiny, hash: 'legacy' },
  { ...tiny, hash: 'tea', unsignedHash: true },
  { ...tiny, features: ['^metadata_csum'], unsignedHash: true },
  { ...small, features: ['stable_inodes', 'ea_inode', 'large_dir'] },
  { ...small, features: ['^extent', '^64bit'] },
  { ...small, type: 'ext2' },
  { ...small, type: 'ext2', inodeSize: 128, features: ['none', 'filetype'] },
  { ...small, type: 'ext3' },
  { ...middle, type: 'ext3' },
  { blockSize: 65536, sizeBytes: 64 * MIB, features: ['^metadata_csum', '^has_journal'] },
  ...BIGALLOC,
  ...FOR_READING,
];

const titled = (entry: Entry): { title: string; options: MkfsOptions } => ({
  title: Object.entries(entry)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', '),
  options: { ...identity, ...entry },
});
const withOrphanFile = (entry: Entry): Entry => ({
  ...entry,
  features: [...(entry.features ?? []), 'orphan_file'],
});
const SIZED = SIZES.flatMap((entry) => [entry, withOrphanFile(entry)]);
const CASES = [...SIZED, ...CHOICES].map(titled);

/** Bytes that mke2fs would write need no other judge; these say that the checksums of superblocks are right, too. */
const SEALED = { ...small, features: ['bigalloc', 'quota', 'project', 'mmp', 'orphan_file', 'encrypt'] };
/** Two blocks behind the last cluster: of mke2fs's image e2fsck says that its superblock is corrupt. */
const HALF: Entry = {
  blockSize: 2048,
  sizeBytes: 4110 * 2048,
  features: ['bigalloc', '^has_journal'],
  clusterSize: 8192,
  reservedPercent: 50,
};
test.each([...SIZES, SEALED, HALF].map(titled))('e2fsck finds nothing: $title', async ({ options }) => {
  const { clean, output } = await e2fsck(mkfs(options));
  expect(clean, output).toBe(true);
});

test.each(CASES)('mke2fs writes the same bytes: $title', async ({ options }) => {
  await inDirectory(async (path) => {
    await mke2fs(path('reference'), options);
    expect(differences(mkfs(options), path('reference')).slice(0, 20)).toEqual([]);
  });
});

/** The usual options: the largest journal, and as many inodes for the size as mke2fs.conf says. */
test.each([128 * GIB, 4 * TIB])('a device of %i bytes has what mke2fs gives it', async (sizeBytes) => {
  const options = { ...identity, blockSize: 4096, sizeBytes };
  await inDirectory(async (path) => {
    await mke2fs(path('reference'), options);
    save(mkfs(options), path('ours'));
    const [theirs, ours] = await Promise.all(
      ['reference', 'ours'].map(async (name) => (await execa('dumpe2fs', ['-h', path(name)])).stdout),
    );
    const told = (text = ''): string[] =>
      text.split('\n').filter((line) => !/^Checksum:|^Lifetime/.test(line));
    expect(told(ours)).toEqual(told(theirs));
    const { exitCode, stdout } = await execa('e2fsck', ['-fn', path('ours')], { reject: false });
    expect(exitCode, stdout).toBe(0);
  });
});

/** More than a file of 16 TiB holds on most machines, so only the numbers are looked at: mke2fs.conf says 65536 bytes for an inode. */
test('from 2^32 blocks on there is no resize_inode, and from 16 TiB on there are fewer inodes', () => {
  const disk = mkfs({ ...identity, blockSize: 4096, sizeBytes: 16 * TIB });
  const raw = new Uint8Array(1024);
  disk.read(1024, raw);
  const view = new DataView(raw.buffer);
  // s_feature_compat, s_reserved_gdt_blocks, s_inodes_count.
  expect(view.getUint32(0x5c, true) & 0x10).toBe(0);
  expect(view.getUint16(0xce, true)).toBe(0);
  expect(view.getUint32(0x0, true)).toBe((16 * TIB) / 65_536);
});

test.each([
  [{ sizeBytes: 1000 }, /multiple of 1024/],
  [{ sizeBytes: 64 * 1024 }, /too few/],
  [{ sizeBytes: 4 * TIB, features: ['^64bit'] }, /4294967296 blocks without 64bit/],
  [{ inodeSize: 300 }, /inode size 300/],
  [{ inodeSize: 8192 }, /inode size 8192/],
  [{ journalBlocks: 100 }, /journal of 100 blocks/],
  [{ journalBlocks: 16000 }, /no room for a journal/],
  [{ inodes: 10_000_000 }, /10000000 inodes/],
  [{ reservedPercent: 51 }, /reserved percentage 51/],
  [{ features: ['huge_files'] }, /no feature huge_files/],
  [{ features: ['compression'] }, /compression cannot be made/],
  [{ features: ['bigalloc', '^64bit', '^extent'] }, /bigalloc without extent/],
  [{ features: ['verity', '^64bit', '^extent'] }, /verity without extent/],
  [{ clusterSize: 4096 }, /cluster size without bigalloc/],
  [{ features: ['bigalloc'], clusterSize: 1024 }, /cluster size 1024/],
  [{ features: ['bigalloc'], clusterSize: 6000 }, /cluster size 6000/],
  [
    { features: ['bigalloc'], clusterSize: 4096, sizeBytes: 33 * MIB },
    /8448 inodes do not fit in 1 groups of 32768 blocks/,
  ],
  [{ features: ['^extent'] }, /64bit without extent/],
  [{ features: ['^metadata_csum', 'metadata_csum_seed'] }, /metadata_csum_seed without metadata_csum/],
  [{ features: ['^has_journal', 'orphan_file'] }, /orphan_file without has_journal/],
  [{ features: ['meta_bg'] }, /resize_inode together with meta_bg/],
  [{ features: ['^sparse_super'] }, /resize_inode without sparse_super/],
  [{ features: ['project'], inodeSize: 128 }, /project with inodes of 128 bytes/],
  [{ features: ['^has_journal'], journalBlocks: 1024 }, /journal of 1024 blocks without has_journal/],
  [{ features: ['^64bit'], descriptorSize: 64 }, /descriptor size without 64bit/],
  [{ descriptorSize: 96 }, /descriptor size 96/],
  [{ groupsPerFlex: 3 }, /3 groups per flex/],
  [{ features: ['^flex_bg'], groupsPerFlex: 2 }, /without flex_bg/],
  [{ blocksPerGroup: 260 }, /260 blocks per group/],
  [{ blockSize: 3000 }, /block size 3000/],
  [{ uuid: new Uint8Array(3) }, /uuid has 3 bytes/],
  [{ label: 'more than sixteen bytes' }, /label/],
])('impossible options are refused: %j', (options, message) => {
  const attempt = (): MemoryDisk => mkfs({ ...identity, blockSize: 1024, sizeBytes: 8 * MIB, ...options });
  expect(attempt).toThrow(MkfsError);
  expect(attempt).toThrow(message);
});
