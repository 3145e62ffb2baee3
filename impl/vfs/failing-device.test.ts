import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FailingDisk, type Trouble } from '../block/failing-disk.ts';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { KernelPanic } from '../lib/kernel-panic.ts';
import { loadImage, withImage } from './disk-image.fixture.ts';
import type { FileSystem } from './file-system.ts';
import type { MountRequest } from './mount.ts';
import { extentsOf, newDisk, outcome, putFile, testMount } from './test-mount.fixture.ts';

/**
 * What a device that fails may lead to: an answer, or one of the errnos below; files that nobody touched stay what they are;
 * e2fsck -fy leaves a sound image. More programs with TWINPATH_FAILING_DEVICES.
 */

const BLOCK = 1024;
const RUNS = Number(process.env.TWINPATH_FAILING_DEVICES ?? 4);
const SHARED = { sharing: 'shared', access: 'read-write' } as const;

const PATHS: readonly (readonly [name: string, request: MountRequest])[] = [
  ['ext4_da_aops', {}],
  ['ext4_aops', { delalloc: false, dioreadNolock: false }],
  ['ext4_iomap_aops', { bufferedIomap: true }],
  ['ext4_journalled_aops', { data: 'journal' }],
];

/** Those that promise space to what is written. */
const PROMISING = ['ext4_da_aops', 'ext4_iomap_aops'];

const TYPED = [
  'done',
  'EIO',
  'EROFS',
  'EUCLEAN',
  'EBADMSG',
  'ENOSPC',
  'ENOENT',
  'EEXIST',
  'EFAULT',
  'EBADF',
  'ENOTEMPTY',
];

const bytes = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

type Call = (fs: FileSystem, fd: number, map: number, offset: number, length: number) => unknown;

const CALLS: Readonly<Record<string, Call>> = {
  write: (fs, fd, _map, offset, length) => fs.pwrite(fd, bytes(length, 3), offset),
  read: (fs, fd, _map, offset, length) => fs.pread(fd, new Uint8Array(length), offset),
  store: (fs, _fd, map, offset, length) => fs.store(map, offset % 60_000, bytes(length % 5000, 4)),
  fsync: (fs, fd) => fs.fsync(fd),
  fdatasync: (fs, fd) => fs.fdatasync(fd),
  sync: (fs) => fs.sync(),
  forget: (fs) => fs.dropCaches(),
  cut: (fs, fd, _map, offset) => fs.ftruncate(fd, offset),
  punch: (fs, fd, _map, offset, length) => fs.fallocate(fd, 'punch', offset, length),
  allocate: (fs, fd, _map, offset, length) => fs.fallocate(fd, 'allocate', offset, length),
  create: (fs, _fd, _map, offset) => putFile(fs, `/new${offset % 7}`, bytes(2000, 5)),
  unlink: (fs, _fd, _map, offset) => fs.unlink(`/new${offset % 7}`),
  mkdir: (fs, _fd, _map, offset) => fs.mkdir(`/d${offset % 5}`),
  rename: (fs, _fd, _map, offset) => fs.rename(`/new${offset % 7}`, `/d${offset % 5}/n`),
  list: (fs) => fs.readdir('/'),
  attribute: (fs, _fd, _map, _offset, length) => fs.setxattr('/busy', 'user.a', bytes(length % 900, 6)),
};

const span = fc.record({ from: fc.nat(15), length: fc.constantFrom(1, 3, 1e6) }).map(({ from, length }) => ({
  from,
  to: from + length,
}));

const sectors = fc
  .record({ from: fc.nat((8 << 20) / 512), length: fc.constantFrom(2, 200, 4000) })
  .map(({ from, length }) => ({ from, to: from + length }));

const troubles: fc.Arbitrary<Trouble> = fc.oneof(
  span.map((writes) => ({ writes })),
  span.map((reads) => ({ reads })),
  sectors.map((unwritable) => ({ unwritable })),
  sectors.map((unreadable) => ({ unreadable, unwritable: unreadable })),
  fc.nat((8 << 20) / 512).map((endsAt) => ({ endsAt })),
);

const steps = fc.array(
  fc.record({
    call: fc.constantFrom(...Object.keys(CALLS)),
    offset: fc.nat(80_000),
    length: fc.integer({ min: 1, max: 20_000 }),
  }),
  { minLength: 5, maxLength: 25, size: 'max' },
);

/** Null, or a machine that has stopped, as errors=panic wants it. */
function attempt(call: () => unknown): string {
  try {
    return outcome(call);
  } catch (error) {
    if (error instanceof KernelPanic) return 'panic';
    throw error;
  }
}

/** The image after `e2fsck -fy`, with which it then has to be content. */
async function repaired(disk: MemoryDisk): Promise<MemoryDisk> {
  return await withImage(disk, async (path) => {
    const repair = await execa('e2fsck', ['-fy', path], { reject: false });
    expect([0, 1], repair.stdout).toContain(repair.exitCode);
    const { exitCode, stdout } = await execa('e2fsck', ['-fn', path], { reject: false });
    expect(exitCode, stdout).toBe(0);
    return await loadImage(path);
  });
}

const QUIET = Uint8Array.from({ length: 30_000 }, (_, index) => (index * 7) % 251);

function quietBytes(fs: FileSystem): Uint8Array {
  const fd = fs.open('/quiet', { access: 'read' });
  const found = new Uint8Array(QUIET.length + 1);
  const count = fs.pread(fd, found, 0);
  fs.close(fd);
  return found.subarray(0, count);
}

describe.each(PATHS)('%s', (_name, request) => {
  test.each(['continue', 'remount-ro', 'panic'] as const)(
    'errors=%s',
    { timeout: 120_000 },
    async (errors) => {
      let failed = 0;
      await fc.assert(
        fc.asyncProperty(troubles, steps, async (trouble, program) => {
          const memory = newDisk(BLOCK);
          const disk = new FailingDisk(memory);
          const fs = testMount(disk, { ...request, errors });
          putFile(fs, '/quiet', QUIET);
          putFile(fs, '/busy', bytes(20_000, 1));
          fs.sync();
          const fd = fs.open('/busy', { access: 'read-write' });
          const map = fs.mmap(fd, 0, 65_536, SHARED);
          disk.begin(trouble);
          let stopped = false;
          for (const { call, offset, length } of program) {
            const answer = attempt(() => CALLS[call]?.(fs, fd, map, offset, length));
            stopped = answer === 'panic';
            if (stopped) break;
            expect(TYPED, call).toContain(answer);
          }
          if (stopped) expect(errors).toBe('panic');
          else if (attempt(() => fs.closeAll()) !== 'panic') attempt(() => fs.unmount());
          disk.begin(null);
          failed += disk.failed;
          const sound = testMount(await repaired(memory), {});
          expect(Buffer.compare(quietBytes(sound), QUIET)).toBe(0);
          sound.unmount();
        }),
        { numRuns: RUNS, seed: Number(process.env.TWINPATH_SEED ?? 4), endOnFailure: false },
      );
      // Else nothing was tried.
      expect(failed).toBeGreaterThan(0);
    },
  );
});

/** With journalled data a write of the file itself comes long after fsync, and what fails is the log. */
describe.each(PATHS.slice(0, 3))('%s', (_name, request) => {
  test('a write that was lost is told once to each descriptor, and to none that comes later', () => {
    const disk = new FailingDisk(newDisk(BLOCK));
    const fs = testMount(disk, { ...request, errors: 'continue' });
    putFile(fs, '/f', bytes(8 * BLOCK, 1));
    putFile(fs, '/other', bytes(8 * BLOCK, 2));
    fs.sync();
    const [one, two] = [fs.open('/f', { access: 'write' }), fs.open('/f', { access: 'read' })];
    const other = fs.open('/other', { access: 'write' });
    const [extent] = extentsOf(fs, '/f');
    const from = (extent?.physical ?? 0) / 512;
    disk.begin({ unwritable: { from, to: from + 16 } });
    fs.pwrite(one, bytes(BLOCK, 3), 0);
    fs.pwrite(other, bytes(BLOCK, 3), 0);
    const told = (fd: number): string => outcome(() => fs.fsync(fd));
    expect([told(other), told(one), told(one), told(two), told(two)]).toEqual([
      'done',
      'EIO',
      'done',
      'EIO',
      'done',
    ]);
    expect(told(fs.open('/f', { access: 'read' }))).toBe('done');
    disk.begin(null);
    fs.pwrite(one, bytes(BLOCK, 4), 0);
    expect([told(one), told(two)]).toEqual(['done', 'done']);
  });
});

/**
 * A device that begins to fail just before a file is written out, at each read in turn until nothing is read any more: what does not
 * reach it is told of by fsync, and keeps no promise of space (mpage_map_and_submit_extent; ext4_iomap_discard_folio of the series).
 */
describe.each(PATHS.filter(([name]) => PROMISING.includes(name)))('%s', (_name, request) => {
  test('data for which no place can be found is told of, and gives its promise back', () => {
    let told = 0;
    for (let from = 0, failed = 1; failed > 0; from++) {
      const disk = new FailingDisk(newDisk(BLOCK));
      const fs = testMount(disk, { ...request, errors: 'continue' });
      putFile(fs, '/f', new Uint8Array());
      const { blocksFree } = fs.statfs();
      const fd = fs.open('/f', { access: 'read-write' });
      fs.pwrite(fd, bytes(6 * BLOCK, 1), 0);
      disk.begin({ reads: { from, to: Infinity } });
      const answer = outcome(() => fs.fsync(fd));
      failed = disk.failed;
      disk.begin(null);
      expect(answer).toBe(failed > 0 ? 'EIO' : 'done');
      if (answer === 'EIO') {
        told++;
        expect(outcome(() => fs.fsync(fd))).toBe('done');
        expect(fs.statfs().blocksFree).toBe(blocksFree);
      }
      fs.checkInvariants();
      fs.close(fd);
      fs.unmount();
    }
    expect(told).toBeGreaterThan(0);
  });
});

test('a device that ends early is refused when it says so, and fails where it ends when it does not', () => {
  const memory = newDisk(BLOCK);
  const short = { sectors: memory.sectors - 16, submit: memory.submit.bind(memory) };
  expect(() => testMount(short)).toThrow(/device/);
  const disk = new FailingDisk(memory);
  disk.begin({ endsAt: 0 });
  expect(outcome(() => testMount(disk))).toBe('EIO');
});
