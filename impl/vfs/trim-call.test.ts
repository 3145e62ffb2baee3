import { execa } from 'execa';
import { expect, test } from 'vitest';
import { MemoryDisk } from '../block/memory-disk.ts';
import { e2fsck, inDirectory, load, save } from '../ext4/e2fsprogs.fixture.ts';
import type { FileSystem } from './file-system.ts';
import { kernelTest, withKernelMount } from './kernel-mount.fixture.ts';
import { newDisk, outcome, putFile, testMount } from './test-mount.fixture.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** A disk that remembers what it was told of. */
class TrimmedDisk extends MemoryDisk {
  readonly discarded: { readonly sector: number; readonly sectors: number }[] = [];

  override discard(sector: number, sectors: number): void {
    this.discarded.push({ sector, sectors });
    super.discard(sector, sectors);
  }

  static copyOf(disk: MemoryDisk): TrimmedDisk {
    return new TrimmedDisk(disk.sizeBytes, disk.snapshot());
  }

  get bytes(): number {
    return this.discarded.reduce((sum, { sectors }) => sum + sectors * 512, 0);
  }
}

/** Bytes that the disk holds pages for. */
const stored = (disk: MemoryDisk): number =>
  [...disk.extents()].reduce((sum, { pages }) => sum + pages.length * 4096, 0);

const freeBytes = (fs: FileSystem): number => fs.statfs().blocksFree * fs.statfs().blockSize;

test('tells of all free space once, and again of what was freed since', async () => {
  const disk = TrimmedDisk.copyOf(newDisk(1024, 40 * MIB));
  const fs = testMount(disk);
  putFile(fs, 'kept', new Uint8Array(100 * KIB).fill(3));
  putFile(fs, 'removed', new Uint8Array(3 * MIB).fill(5));
  fs.sync();
  const full = stored(disk);
  fs.unlink('removed');
  // Not yet: after a power cut the file would be there again.
  const pending = fs.trim();
  fs.sync();
  const rest = fs.trim();
  expect(rest).toBeGreaterThanOrEqual(3 * MIB);
  expect(pending + 3 * MIB).toBeGreaterThanOrEqual(freeBytes(fs) - 512 * KIB);
  expect(disk.bytes).toBe(pending + rest);
  expect(stored(disk)).toBeLessThanOrEqual(full - 3 * MIB + 16 * KIB);
  expect(fs.trim()).toBe(0);
  fs.unmount();
  const { clean, output } = await e2fsck(disk);
  expect(clean, output).toBe(true);
  const again = testMount(disk);
  const fd = again.open('kept', { access: 'read' });
  const bytes = new Uint8Array(100 * KIB);
  expect(again.read(fd, bytes)).toBe(bytes.length);
  expect(bytes.every((byte) => byte === 3)).toBe(true);
  again.closeAll();
  again.unmount();
});

test('a mount with discard tells of freed blocks when the transaction that freed them is durable', () => {
  const disk = TrimmedDisk.copyOf(newDisk(4096, 32 * MIB));
  const fs = testMount(disk, { discard: true });
  putFile(fs, 'file', new Uint8Array(MIB).fill(9));
  fs.sync();
  fs.unlink('file');
  expect(disk.bytes).toBe(0);
  fs.sync();
  expect(disk.bytes).toBe(MIB);
  fs.unmount();
});

test('who may ask, and for what', () => {
  const disk = newDisk(1024, 8 * MIB);
  const fs = testMount(disk);
  expect(outcome(() => fs.trim(8 * MIB))).toBe('EINVAL');
  expect(outcome(() => fs.trim(0, 1023))).toBe('EINVAL');
  expect(outcome(() => fs.trim(0, MIB, 9 * MIB))).toBe('EINVAL');
  fs.setCredentials(1000, 1000);
  expect(outcome(() => fs.trim())).toBe('EPERM');
  fs.setCredentials(0, 0);
  fs.unmount();
  const { sectors } = disk;
  const without = testMount({ sectors, submit: (bio, endIo) => disk.submit(bio, endIo) });
  expect(outcome(() => without.trim())).toBe('EOPNOTSUPP');
  without.unmount();
});

/** Start, length and minimum in bytes; more are asked for than there are groups. */
const RANGES = [
  ['-o', 0, '-l', 1024],
  ['-o', 0, '-l', 2048],
  ['-o', 10 * MIB, '-l', 3 * MIB, '-m', 4096],
  ['-o', 8193 * KIB, '-l', 8192 * KIB, '-m', 4096],
  ['-o', 20 * MIB, '-l', 100 * MIB, '-m', 4096],
  ['-o', 3 * MIB, '-l', 512],
  ['-o', 40 * MIB],
  ['-o', 0, '-m', 8 * MIB + KIB],
] as const;

kernelTest('the kernel counts the same bytes', async () => {
  await inDirectory(async (path) => {
    const image = path('image');
    await execa('mke2fs', ['-q', '-t', 'ext4', '-b', '1024', image, '36M']);
    const disk = load(image);
    const ours = RANGES.map((range) => {
      const [start, length = Infinity, minimum = 4096] = [0, 1, 2].map((index) => {
        const at = range.findIndex((word) => word === ['-o', '-l', '-m'][index]);
        return at < 0 ? undefined : Number(range[at + 1]);
      });
      const fs = testMount(disk.snapshot());
      let answer = '';
      const failed = outcome(() => (answer = String(fs.trim(start, length, minimum))));
      fs.unmount();
      return failed === 'done' ? answer : failed;
    });
    const theirs: string[] = [];
    for (const range of RANGES) {
      save(disk, image);
      const { stdout, stderr } = await withKernelMount(image, (folder) =>
        execa('fstrim', ['-v', ...range.map(String), folder], { reject: false }),
      );
      theirs.push(
        /Invalid argument/.test(stderr) ? 'EINVAL' : (/\((\d+) bytes\)/.exec(stdout)?.[1] ?? stderr),
      );
    }
    expect(ours).toEqual(theirs);
  });
});
