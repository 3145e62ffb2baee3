import { execa } from 'execa';
import { closeSync, openSync, readSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { MemoryDisk } from '../../block/memory-disk.ts';
import { e2fsck, inDirectory } from '../e2fsprogs.fixture.ts';
import { mkfs, MkfsError, type MkfsOptions } from './mkfs.ts';

const UUID_TEXT = '00112233-4455-6677-8899-aabbccddeeff';
const SEED_TEXT = 'f0e1d2c3-b4a5-9687-7869-5a4b3c2d1e0f';
const NOW = 1_700_000_000;
const MIB = 1024 * 1024;

const parse = (uuid: string): Uint8Array =>
  Uint8Array.from(uuid.replaceAll('-', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const identity = { uuid: parse(UUID_TEXT), hashSeed: parse(SEED_TEXT), now: NOW };

async function mke2fs(path: string, options: MkfsOptions): Promise<void> {
  await execa('truncate', ['-s', String(options.sizeBytes), path]);
  const features = [
    options.orphanFile === true ? 'orphan_file' : '^orphan_file',
    ...(options.metadataChecksums === false ? ['^metadata_csum'] : []),
    ...(options.sixtyFourBit === false ? ['^64bit'] : []),
  ];
  const more = [
    ...(options.inodeSize === undefined ? [] : ['-I', String(options.inodeSize)]),
    ...(options.inodes === undefined ? [] : ['-N', String(options.inodes)]),
  ];
  await execa(
    'mke2fs',
    [
      '-q',
      '-F',
      '-t',
      'ext4',
      '-b',
      String(options.blockSize),
      '-O',
      features.join(','),
      '-U',
      UUID_TEXT,
    ].concat(['-E', `hash_seed=${SEED_TEXT}`], more, [
      path,
      String(Math.floor(options.sizeBytes / options.blockSize)),
    ]),
    { env: { E2FSPROGS_FAKE_TIME: String(NOW) } },
  );
}

/** Byte ranges of s_kbytes_written and s_checksum within every superblock: mke2fs counts its own writes. */
const IGNORED = [
  { start: 0x178, end: 0x180 },
  { start: 0x3fc, end: 0x400 },
];

const CHUNK = 64 * 1024;

/** Where the disk and the file differ, superblocks (by byte offset) compared without what is ignored. */
function differences(disk: MemoryDisk, path: string, superBlocks: ReadonlySet<number>): string[] {
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
        const at = (offset + byte) % 1024;
        const ignored =
          superBlocks.has(offset + byte - at) && IGNORED.some(({ start, end }) => at >= start && at < end);
        if (ours[byte] !== theirs[byte] && !ignored) {
          found.push(`byte ${offset + byte}: ${ours[byte] ?? ''}, not ${theirs[byte] ?? ''}`);
        }
      }
    }
  } finally {
    closeSync(file);
  }
  return found;
}

const TABLE: (Partial<MkfsOptions> & { blockSize: 1024 | 2048 | 4096; sizeBytes: number })[] = [
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
  { blockSize: 4096, sizeBytes: 64 * MIB, inodeSize: 128 },
  { blockSize: 1024, sizeBytes: 16 * MIB, inodeSize: 512 },
  { blockSize: 1024, sizeBytes: 16 * MIB, inodes: 16 },
  { blockSize: 2048, sizeBytes: 32 * MIB, metadataChecksums: false },
  { blockSize: 2048, sizeBytes: 32 * MIB, sixtyFourBit: false },
];
const CASES = TABLE.flatMap((entry) => [entry, { ...entry, orphanFile: true }]).map((entry) => ({
  title: Object.entries(entry)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', '),
  options: { ...identity, ...entry },
}));

test.each(CASES)('e2fsck finds nothing: $title', async ({ options }) => {
  const { clean, output } = await e2fsck(mkfs(options));
  expect(clean, output).toBe(true);
});

test.each(CASES)('mke2fs writes the same bytes: $title', async ({ options }) => {
  await inDirectory(async (path) => {
    await mke2fs(path('reference'), options);
    const { stdout } = await execa('dumpe2fs', [path('reference')]);
    const supers = [...stdout.matchAll(/superblock at (\d+)/g)].map(
      ([, at]) => Number(at) * options.blockSize,
    );
    const list = new Set(supers.map((offset) => (offset === 0 ? 1024 : offset)));
    expect(list.size).toBeGreaterThan(0);
    expect(differences(mkfs(options), path('reference'), list).slice(0, 20)).toEqual([]);
  });
});

test.each([
  [{ sizeBytes: 1000 }, /multiple of 1024/],
  [{ sizeBytes: 64 * 1024 }, /too few/],
  [{ inodeSize: 300 }, /inode size 300/],
  [{ inodeSize: 8192 }, /inode size 8192/],
  [{ journalBlocks: 100 }, /journal of 100 blocks/],
  [{ journalBlocks: 16000 }, /no room for a journal/],
  [{ inodes: 10_000_000 }, /10000000 inodes/],
  [{ reservedPercent: 51 }, /reserved percentage 51/],
  [{ uuid: new Uint8Array(3) }, /uuid has 3 bytes/],
  [{ label: 'more than sixteen bytes' }, /label/],
])('impossible options are refused: %j', (options, message) => {
  const attempt = (): MemoryDisk => mkfs({ ...identity, blockSize: 1024, sizeBytes: 8 * MIB, ...options });
  expect(attempt).toThrow(MkfsError);
  expect(attempt).toThrow(message);
});
