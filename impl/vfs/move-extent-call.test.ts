import { describe, expect, test } from 'vitest';
import { MappableDisk } from '../block/mappable-disk.ts';
import { e2fsck } from './disk-image.fixture.ts';
import type { FileSystem } from './file-system.ts';
import type { Call, Program } from './real-kernel/call.fixture.ts';
import { likeTheKernel } from './real-kernel/compare.fixture.ts';
import type { Setting } from './real-kernel/kernel.fixture.ts';
import { randomMovePrograms } from './real-kernel/random-moves.fixture.ts';
import { extentsOf, newDisk, outcome, putFile, testMount } from './test-mount.fixture.ts';

const FS_IMMUTABLE_FL = 0x10;
const FS_APPEND_FL = 0x20;
const FS_EXTENT_FL = 0x80000;
const PAGE = 4096;

/** Page by page: folios that are larger are busy in Linux as soon as their first page was moved, and ours are pages here. */
const inPages = (file: string, value: number): Program =>
  Array.from({ length: 8 }, (_, index): Call => ['pwrite', file, index * PAGE, PAGE, value]);

/** A file of eight pages on the device, and a donor of as many unwritten ones. */
const PREPARED: Program = [
  ['open', 'f', 'a', 'read-write', ['create'], 0o644],
  ...inPages('f', 7),
  ['fsync', 'f'],
  ['open', 'g', 'b', 'read-write', ['create'], 0o644],
  ['fallocate', 'g', 'allocate', 0, 8 * PAGE],
];
const move = (offset: number, donorOffset: number, length: number): Call => [
  'moveExtent',
  'f',
  'g',
  offset,
  donorOffset,
  length,
];
const LOOK: Program = [
  ['contents', 'a'],
  ['contents', 'b'],
  ['mapped', 'a'],
  ['mapped', 'b'],
];

const MOVES: Record<string, Program> = {
  'whole files': [
    ...PREPARED,
    move(0, 0, 32),
    ...LOOK,
    move(0, 0, 32),
    ['fsync', 'f'],
    move(0, 0, 32),
    ...LOOK,
  ],
  'which blocks': [
    ...PREPARED,
    ...[0, 1, 4, 31, 32, 33, 2 ** 32 - 2, 2 ** 32 - 1].flatMap((offset) =>
      [0, 1, 5, 31, 33, 34, 2 ** 32 - 1, 2 ** 32].flatMap((length): Program => [
        move(offset, offset, length),
        ['fsync', 'f'],
        move(0, offset, length),
        ['fsync', 'f'],
      ]),
    ),
    move(8, 4, 4),
    ...LOOK,
  ],
  'what the donor has written is seen until it leaves the cache': [
    ...PREPARED,
    ...inPages('g', 9),
    ['fsync', 'g'],
    move(0, 0, 32),
    ...LOOK,
    ['fadvise', 'g', 0, 0, 'dontneed'],
    ...LOOK,
  ],
  'what is dirty stays': [...PREPARED, ['pwrite', 'f', 5000, 10, 3], move(0, 0, 32), ...LOOK],
  'so does what the donor has dirty': [...PREPARED, ['pwrite', 'g', 5000, 10, 3], move(0, 0, 32), ...LOOK],
  'a tail': [
    ...PREPARED,
    ['ftruncate', 'f', 30_000],
    ['fsync', 'f'],
    move(0, 0, 32),
    move(28, 28, 2),
    ...LOOK,
  ],
  holes: [
    ...PREPARED,
    ['fallocate', 'f', 'punch', PAGE, 2 * PAGE],
    ['fallocate', 'g', 'punch', 4 * PAGE + 1024, 5 * PAGE],
    ['ftruncate', 'f', 20 * PAGE],
    ['ftruncate', 'g', 20 * PAGE],
    ['fsync', 'f'],
    move(0, 0, 24),
    ['fsync', 'f'],
    move(4, 4, 40),
    ['fsync', 'f'],
    move(60, 60, 4),
    ...LOOK,
  ],
  'a file of nothing but a hole': [
    ...PREPARED,
    ['open', 'f', 'c', 'read-write', ['create'], 0o644],
    ['ftruncate', 'f', 8 * PAGE],
    move(0, 0, 32),
    ['open', 'g', 'd', 'read-write', ['create'], 0o644],
    move(0, 0, 32),
    ['open', 'f', 'a', 'read-write', [], 0],
    move(0, 0, 32),
    ['ftruncate', 'g', 8 * PAGE],
    move(0, 0, 32),
  ],
  'who may, and which files': [
    ...PREPARED,
    ['moveExtent', 'f', 'f', 0, 0, 1],
    ['moveExtent', 'f', 'none', 0, 0, 1],
    ['moveExtent', 'none', 'g', 0, 0, 1],
    ['open', 'r', 'a', 'read', [], 0],
    ['open', 'w', 'a', 'write', [], 0],
    ['moveExtent', 'r', 'g', 0, 0, 1],
    ['moveExtent', 'w', 'g', 0, 0, 1],
    ['moveExtent', 'g', 'r', 0, 0, 1],
    ['mkdir', 'd', 0o755],
    ['open', 'd', 'd', 'read', ['directory'], 0],
    ['moveExtent', 'd', 'g', 0, 0, 1],
    ['moveExtent', 'f', 'd', 0, 0, 1],
    ['chmod', 'b', 0o4644],
    move(0, 0, 1),
    ['chmod', 'b', 0o2644],
    move(0, 0, 1),
    ['chmod', 'b', 0o644],
    ...[FS_IMMUTABLE_FL, FS_APPEND_FL].flatMap((flag): Program => [
      ['setFlags', 'g', FS_EXTENT_FL | flag],
      move(0, 0, 1),
      ['setFlags', 'g', FS_EXTENT_FL],
      ['setFlags', 'f', FS_EXTENT_FL | flag],
      move(4, 4, 1),
      ['setFlags', 'f', FS_EXTENT_FL],
    ]),
    ['mark', 'a', 'b'],
    move(8, 8, 8),
    ['changed', 'a'],
    ['changed', 'b'],
    ...LOOK,
  ],
  'to a smaller file through the other one': [
    ...PREPARED,
    ['ftruncate', 'g', 5 * PAGE],
    move(0, 0, 32),
    ['fsync', 'f'],
    ['moveExtent', 'g', 'f', 0, 0, 32],
    ...LOOK,
  ],
};

/** More seeds and programs: TWINPATH_KERNEL_SEEDS=100 npx vitest run impl/vfs/move-extent-call.test.ts */
const SEEDS = Number(process.env.TWINPATH_KERNEL_SEEDS ?? '0');
const seeds = (row: number): readonly number[] =>
  SEEDS === 0 ? [row] : Array.from({ length: SEEDS }, (_, index) => index);

const ROWS: readonly (readonly [name: string, features: readonly string[], setting: Setting])[] = [
  ['no journal', ['^has_journal'], {}],
  ['journal', ['has_journal'], {}],
  ['blocks of 4k', ['has_journal'], { blockSize: 4096 }],
  [
    'no delayed allocation',
    ['has_journal'],
    { mount: { delalloc: false, dioreadNolock: false }, kernelMount: ['nodelalloc', 'dioread_lock'] },
  ],
];

describe.each(ROWS.map((row, index) => [...row, index] as const))('%s', (_, features, setting, row) => {
  likeTheKernel(MOVES, features, setting);
  // Without one nothing writes what is busy, and what is busy depends on how large the kernel's folios are.
  if (features.includes('^has_journal')) return;
  describe.each(seeds(row))('random moves, seed %i', (seed) => {
    likeTheKernel(randomMovePrograms(seed, SEEDS === 0 ? 6 : 60, 20), features, setting);
  });
});

describe.each([
  ['bigalloc', ['bigalloc'], {}],
  ['indirect blocks', ['^extent', '^64bit'], {}],
  ['inline data', ['inline_data'], {}],
  ['data=journal', ['has_journal'], { mount: { data: 'journal' }, kernelMount: ['data=journal'] }],
] as const)('refused: %s', (_, features, setting) => {
  likeTheKernel({ refused: [...PREPARED, move(0, 0, 32), ...LOOK] }, features, setting);
});

/** Two files and the same descriptors, on a table chosen by `request`. */
function twoFiles(fs: FileSystem): readonly [number, number] {
  putFile(fs, 'a', new Uint8Array(8 * PAGE).fill(7));
  putFile(fs, 'b', new Uint8Array(8 * PAGE).fill(9));
  const [a, b] = [fs.open('a', { access: 'read-write' }), fs.open('b', { access: 'read-write' })];
  fs.fsync(a);
  fs.fsync(b);
  return [a, b];
}

// ext4_inode_buffered_iomap() in mext_check_validity(), of the series that brings the iomap path: no kernel here has it.
test.each([
  [{}, 'ext4_da_aops', 'done'],
  [{ delalloc: false }, 'ext4_aops', 'done'],
  [{ bufferedIomap: true }, 'ext4_iomap_aops', 'EOPNOTSUPP'],
  [{ data: 'journal' }, 'ext4_journalled_aops', 'EOPNOTSUPP'],
] as const)('the table of the files decides: %o, %s', (request, table, answer) => {
  const fs = testMount(newDisk(), request);
  const [a, b] = twoFiles(fs);
  expect([fs.table('a'), fs.table('b')]).toEqual([table, table]);
  expect(outcome(() => fs.moveExtent(a, b, { offset: 0, donorOffset: 0, length: 8 }))).toBe(answer);
  fs.closeAll();
  fs.unmount();
});

// IS_DAX() of the file in ext4_ioctl(); there is no page cache that its contents could travel in.
test('files that are mapped directly refuse', () => {
  const fs = testMount(new MappableDisk(newDisk(4096)), { dax: 'always' });
  const [a, b] = twoFiles(fs);
  expect([fs.table('a'), fs.table('b')]).toEqual(['ext4_dax_aops', 'ext4_dax_aops']);
  expect(outcome(() => fs.moveExtent(a, b, { offset: 0, donorOffset: 0, length: 8 }))).toBe('EOPNOTSUPP');
  fs.closeAll();
  fs.unmount();
});

test('one of two on the iomap path is enough, and each keeps its path until it is read anew', () => {
  const fs = testMount(newDisk(), { bufferedIomap: true });
  putFile(fs, 'a', new Uint8Array(PAGE));
  const a = fs.open('a', { access: 'read-write' });
  fs.fsync(a);
  fs.reconfigure({ bufferedIomap: false });
  putFile(fs, 'b', new Uint8Array(PAGE));
  const b = fs.open('b', { access: 'read-write' });
  fs.fsync(b);
  expect([fs.table('a'), fs.table('b')]).toEqual(['ext4_iomap_aops', 'ext4_da_aops']);
  const blocks = { offset: 0, donorOffset: 0, length: 4 };
  expect(outcome(() => fs.moveExtent(a, b, blocks))).toBe('EOPNOTSUPP');
  expect(outcome(() => fs.moveExtent(b, a, blocks))).toBe('EOPNOTSUPP');
  fs.closeAll();
  fs.dropCaches('both');
  expect([fs.table('a'), fs.table('b')]).toEqual(['ext4_da_aops', 'ext4_da_aops']);
  const again = [fs.open('a', { access: 'read-write' }), fs.open('b', { access: 'read-write' })] as const;
  expect(fs.moveExtent(...again, blocks)).toBe(4);
  fs.closeAll();
  fs.unmount();
});

test('the places change hands, and a crash finds the old contents, in the old places or the new ones', async () => {
  const disk = newDisk();
  const fs = testMount(disk);
  const [a, b] = twoFiles(fs);
  const before = [extentsOf(fs, 'a')[0]?.physical, extentsOf(fs, 'b')[0]?.physical];
  expect(fs.moveExtent(a, b, { offset: 0, donorOffset: 0, length: 32 })).toBe(32);
  const cuts = [disk.snapshot()];
  fs.fsync(b);
  cuts.push(disk.snapshot());
  fs.sync();
  cuts.push(disk.snapshot());
  expect([extentsOf(fs, 'b')[0]?.physical, extentsOf(fs, 'a')[0]?.physical]).toEqual(before);
  fs.checkInvariants();
  fs.closeAll();
  fs.unmount();
  for (const cut of [...cuts, disk]) {
    const again = testMount(cut);
    const bytes = new Uint8Array(8 * PAGE);
    again.read(again.open('a', { access: 'read' }), bytes);
    expect(bytes.every((byte) => byte === 7)).toBe(true);
    again.read(again.open('b', { access: 'read' }), bytes);
    expect(bytes.every((byte) => byte === 9) || bytes.every((byte) => byte === 0)).toBe(true);
    again.closeAll();
    again.unmount();
    expect(await e2fsck(cut)).toBe('clean');
  }
});
