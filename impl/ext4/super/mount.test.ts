import { execa } from 'execa';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bio, BioStatus } from '../../block/bio.ts';
import type { BlockDevice } from '../../block/block-device.ts';
import { MemoryDisk } from '../../block/memory-disk.ts';
import { Corruption, MountRefused } from '../../lib/corruption.ts';
import { groupDescriptorChecksum, seedFromUuid, superBlockChecksum } from '../integrity/checksum.ts';
import { debugfs, e2fsck, inDirectory, load, save } from '../e2fsprogs.fixture.ts';
import { COMPAT, featureNames, INCOMPAT, RO_COMPAT } from './features.ts';
import { GroupDescriptorLayout } from '../layout/group-descriptor.ts';
import { SuperBlockLayout, type RawSuperBlock } from '../layout/superblock.ts';
import { statfs } from './statfs.ts';
import { MOUNT_TIME, newDisk, TestMount } from '../test-mount.fixture.ts';

/** Superblock and descriptors of a disk with blocks of 1 KiB, to read and to change; `store` seals and writes. */
function metadata(disk: MemoryDisk) {
  const data = new Uint8Array(2048);
  disk.read(1024, data);
  const view = new DataView(data.buffer);
  const raw = SuperBlockLayout.at(view);
  const group = GroupDescriptorLayout.at(view, 1024);
  const store = (): void => {
    raw.checksum = superBlockChecksum(data.subarray(0, 1024));
    const seed = seedFromUuid(raw.uuid);
    group.checksum = groupDescriptorChecksum(seed, 0, data.subarray(1024, 1088));
    disk.write(1024, data);
  };
  return { raw, group, store, data };
}

function changed(change: (raw: RawSuperBlock) => void, disk = newDisk()): MemoryDisk {
  const { raw, store } = metadata(disk);
  change(raw);
  store();
  return disk;
}

/** Counts what reaches the device. */
class CountingDisk implements BlockDevice {
  readonly sectors: number;
  writes = 0;
  readonly #disk: MemoryDisk;

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
    this.sectors = disk.sectors;
  }

  submit(bio: Bio, endIo: (status: BioStatus) => void): void {
    if (bio.direction === 'write' && bio.segments.length > 0) this.writes++;
    this.#disk.submit(bio, endIo);
  }
}

const READABLE = [
  'filetype',
  'needs_recovery',
  'extent',
  '64bit',
  'flex_bg',
  'meta_bg',
  'metadata_csum_seed',
  'large_dir',
  'ea_inode',
  'inline_data',
];
const WRITABLE = [
  'sparse_super',
  'large_file',
  'huge_file',
  'uninit_bg',
  'dir_nlink',
  'extra_isize',
  'bigalloc',
  'metadata_csum',
  'orphan_present',
  'project',
];

const READ_ONLY = ['mmp', 'encrypt', 'casefold'];
const refusedIncompat = Object.entries(INCOMPAT).filter(
  ([name]) => !READABLE.includes(name) && !READ_ONLY.includes(name),
);
const readOnlyIncompat = Object.entries(INCOMPAT).filter(([name]) => READ_ONLY.includes(name));
const refusedRoCompat = Object.entries(RO_COMPAT).filter(([name]) => !WRITABLE.includes(name));

test.each(refusedIncompat)('the feature %s is refused by its name, read-only too', (name, bit) => {
  const disk = changed((raw) => (raw.featureIncompat |= bit));
  for (const readOnly of [false, true]) {
    expect(() => new TestMount(disk, { readOnly })).toThrow(MountRefused);
    expect(() => new TestMount(disk, { readOnly })).toThrow(new RegExp(`incompatible features: ${name}$`));
  }
});

test.each(readOnlyIncompat)('the feature %s is mounted read-only, else refused by its name', (name, bit) => {
  const disk = changed((raw) => (raw.featureIncompat |= bit));
  expect(() => new TestMount(disk)).toThrow(MountRefused);
  expect(() => new TestMount(disk)).toThrow(new RegExp(`read-write with features: ${name}$`));
  new TestMount(disk, { readOnly: true }).unmount();
});

test.each(refusedRoCompat)('the feature %s is refused read-write by its name', (name, bit) => {
  const disk = changed((raw) => (raw.featureRoCompat |= bit));
  expect(() => new TestMount(disk)).toThrow(MountRefused);
  expect(() => new TestMount(disk)).toThrow(new RegExp(`read-write with features: ${name}$`));
});

test('unknown features are refused as numbers, and compatible ones never', () => {
  const unknown = changed((raw) => (raw.featureIncompat = (raw.featureIncompat | 0x80000000) >>> 0));
  expect(() => new TestMount(unknown)).toThrow(/FEATURE_I31/);
  const compatible = changed((raw) => (raw.featureCompat = (raw.featureCompat | 0x40000000) >>> 0));
  new TestMount(compatible).unmount();
});

test('names of features are those of dumpe2fs', async () => {
  await inDirectory(async (path) => {
    await execa('truncate', ['-s', '16M', path('image')]);
    const wanted =
      'orphan_file,metadata_csum_seed,sparse_super2,ea_inode,large_dir,project,quota,fast_commit';
    await execa('mke2fs', [
      '-q',
      '-F',
      '-t',
      'ext4',
      '-b',
      '1024',
      '-O',
      `${wanted},^resize_inode`,
      path('image'),
    ]);
    const { stdout } = await execa('dumpe2fs', ['-h', path('image')]);
    const { raw } = metadata(load(path('image')));
    const names = [
      ...featureNames('C', raw.featureCompat),
      ...featureNames('I', raw.featureIncompat),
      ...featureNames('R', raw.featureRoCompat),
    ];
    expect(names.join(' ')).toBe(/features:\s+(.*)/.exec(stdout)?.[1]);
    for (const name of wanted.split(',')) expect(names).toContain(name);
  });
});

test('while mounted the image asks for recovery, afterwards it is clean', async () => {
  const disk = newDisk({ features: ['orphan_file'] });
  const mounted = new TestMount(disk);
  const during = metadata(disk.snapshot()).raw;
  expect(during.featureIncompat & INCOMPAT.needs_recovery).not.toBe(0);
  expect(during.featureRoCompat & RO_COMPAT.orphan_present).not.toBe(0);
  expect([during.mntCount, during.mtime, during.wtime]).toEqual([1, MOUNT_TIME, MOUNT_TIME]);
  mounted.unmount();
  const after = metadata(disk).raw;
  expect(after.featureIncompat & INCOMPAT.needs_recovery).toBe(0);
  expect(after.featureRoCompat & RO_COMPAT.orphan_present).toBe(0);
  const { clean, output } = await e2fsck(disk);
  expect(clean, output).toBe(true);
});

test('a read-only mount of a clean image writes nothing', () => {
  const device = new CountingDisk(newDisk({ features: ['orphan_file'] }));
  const mounted = new TestMount(device, { readOnly: true });
  expect(mounted.run(mounted.sb.inodes.get(2)).links).toBe(3);
  mounted.unmount();
  expect(device.writes).toBe(0);
});

test('a read-only mount recovers an image that needs it, and leaves it clean', () => {
  const disk = newDisk();
  const crashed = new TestMount(disk);
  crashed.update((handle) => crashed.sb.inodeAllocator.allocate(handle, null, 0x81a4));
  crashed.commit();
  const image = disk.snapshot();
  const mounted = new TestMount(image, { readOnly: true });
  expect(mounted.sb.readOnly).toBe(true);
  expect(mounted.sb.inodeAllocator.freeInodes).toBe(crashed.sb.inodeAllocator.freeInodes);
  mounted.unmount();
  expect(metadata(image).raw.featureIncompat & INCOMPAT.needs_recovery).toBe(0);
});

test('an image of mke2fs mounts, and statfs agrees with what dumpe2fs tells', async () => {
  await inDirectory(async (path) => {
    await execa('truncate', ['-s', '40M', path('image')]);
    await execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '1024', '-m', '3', path('image')]);
    const disk = load(path('image'));
    const mounted = new TestMount(disk);
    const numbers = statfs(mounted.sb);
    mounted.unmount();
    save(disk, path('after'));
    const { stdout } = await execa('dumpe2fs', ['-h', path('after')]);
    const told = (label: string): number => Number(new RegExp(`${label}:\\s+(\\d+)`).exec(stdout)?.[1]);
    expect(numbers.blocks).toBe(told('Block count') - told('Overhead clusters'));
    expect(numbers.blocksFree).toBe(told('Free blocks'));
    // Two per cent of 40,960 blocks are kept back by the kernel, the rest is mke2fs' percentage.
    expect(numbers.blocksAvailable).toBe(told('Free blocks') - told('Reserved block count') - 819);
    expect([numbers.inodes, numbers.inodesFree]).toEqual([told('Inode count'), told('Free inodes')]);
    const { clean, output } = await e2fsck(disk);
    expect(clean, output).toBe(true);
  });
});

test('a journal whose extents need a tree is found', async () => {
  await inDirectory(async (path) => {
    await execa('truncate', ['-s', '24M', path('image')]);
    // Holes of one block each, everywhere: the journal that is added then gets hundreds of extents.
    await execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '1024', '-O', '^has_journal', path('image')]);
    for (let block = 3000; block < 24_000; block += 600)
      await debugfs(path('image'), `setb ${block} 1`, true);
    await execa('tune2fs', ['-J', 'size=8', path('image')]);
    expect(await debugfs(path('image'), 'stat <8>')).toMatch(/ETB0/);
    new TestMount(load(path('image'))).unmount();
  });
});

test.each([
  ['magic', (raw: RawSuperBlock) => (raw.magic = 0)],
  ['logBlockSize', (raw: RawSuperBlock) => (raw.logBlockSize = 7)],
  ['blocksCount', (raw: RawSuperBlock) => (raw.blocksCountLo = 9000)],
  ['inodesPerGroup', (raw: RawSuperBlock) => (raw.inodesPerGroup = 0)],
  ['inodesCount', (raw: RawSuperBlock) => (raw.inodesCount += 1)],
  ['inodeSize', (raw: RawSuperBlock) => (raw.inodeSize = 257)],
  ['descSize', (raw: RawSuperBlock) => (raw.descSize = 32)],
  ['blocksPerGroup', (raw: RawSuperBlock) => (raw.blocksPerGroup = 0)],
  ['firstDataBlock', (raw: RawSuperBlock) => (raw.firstDataBlock = 0)],
  ['number', (raw: RawSuperBlock) => (raw.journalInum = 1_000_000)],
])('a wrong superblock is told by the field: %s', (field, change) => {
  const mount = (): TestMount => new TestMount(changed(change));
  expect(mount).toThrow(Corruption);
  expect(mount).toThrow(new RegExp(field));
});

test('a checksum that does not hold, and a device that ends too early', () => {
  const disk = newDisk();
  const { raw, data } = metadata(disk);
  raw.mntCount++;
  disk.write(1024, data);
  expect(() => new TestMount(disk)).toThrow(/ext4_super_block: checksum/);
  const short = new MemoryDisk(4 * 1024 * 1024);
  const piece = new Uint8Array(short.sizeBytes);
  newDisk().read(0, piece);
  short.write(0, piece);
  expect(() => new TestMount(short)).toThrow(/blocksCount is 8192, expected at most 4096/);
  expect(() => new TestMount(new MemoryDisk(1024))).toThrow(Corruption);
});

/** Any value in any field, with a right checksum: refused or not, nothing but the two errors, and no endless work. */
test('no contents of superblock or descriptor break the mount itself', () => {
  const superFields = Object.keys(SuperBlockLayout.fields).filter((name) => name !== 'checksum');
  const groupFields = Object.keys(GroupDescriptorLayout.fields).filter((name) => name !== 'checksum');
  const value = fc.oneof(
    fc.nat(0xffffffff),
    fc.nat(70_000),
    fc.nat(20),
    fc.constantFrom(0xffffffff, 0x80000000),
  );
  const change = fc.record({ inGroup: fc.boolean(), field: fc.nat(200), value });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const disk = newDisk();
      const { raw, group, store } = metadata(disk);
      for (const { inGroup, field, value: number } of changes) {
        const names = inGroup ? groupFields : superFields;
        const target = (inGroup ? group : raw) as unknown as Record<string, number | Uint8Array>;
        const name = names[field % names.length] ?? '';
        if (typeof target[name] === 'number') target[name] = number;
      }
      store();
      try {
        new TestMount(disk).unmount();
      } catch (error) {
        const known = error instanceof Corruption || error instanceof MountRefused;
        if (!known) throw error;
      }
    }),
    { numRuns: 400 },
  );
});

test('the masks of features agree with the kernel documentation', () => {
  expect(COMPAT.orphan_file | COMPAT.has_journal).toBe(0x1004);
  expect(INCOMPAT['64bit'] | INCOMPAT.flex_bg).toBe(0x280);
});
