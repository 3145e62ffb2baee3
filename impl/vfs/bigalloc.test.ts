import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { e2fsck, inDirectory, load } from '../ext4/e2fsprogs.fixture.ts';
import { freeBlocks } from '../ext4/layout/group-descriptor.ts';
import type { FileSystem } from './file-system.ts';
import type { MountRequest } from './mount.ts';
import { outcome, testMount } from './test-mount.fixture.ts';

const KIB = 1024;

/** Made by mke2fs: bytes of a block, of a cluster, and of the device. */
const SHAPES = [
  [1024, 4 * KIB, 12 * KIB * KIB],
  [4096, 16 * KIB, 24 * KIB * KIB],
  [4096, 64 * KIB, 24 * KIB * KIB],
] as const;

const MOUNTS: readonly (readonly [string, MountRequest])[] = [
  ['buffer_head', {}],
  ['buffer_head, nodelalloc, dioread_lock', { delalloc: false, dioreadNolock: false }],
  ['iomap', { bufferedIomap: true }],
  ['iomap, nodelalloc', { bufferedIomap: true, delalloc: false }],
];

async function made(blockSize: number, clusterSize: number, sizeBytes: number): Promise<MemoryDisk> {
  return await inDirectory(async (path) => {
    const features = ['-O', 'bigalloc', '-C', String(clusterSize), '-b', String(blockSize)];
    await execa('mke2fs', [
      '-q',
      '-t',
      'ext4',
      ...features,
      '-J',
      'size=4',
      path('image'),
      `${sizeBytes / KIB}k`,
    ]);
    return load(path('image'));
  });
}

type Step =
  | { readonly op: 'write'; readonly file: number; readonly at: number; readonly length: number }
  | { readonly op: 'truncate'; readonly file: number; readonly size: number }
  | { readonly op: 'fsync' | 'unlink' | 'reopen'; readonly file: number }
  | { readonly op: 'mkdir' | 'rmdir'; readonly name: number }
  | { readonly op: 'sync' | 'drop-caches' };

const FILES = 3;
const file = fc.nat(FILES - 1);
/** Bytes, often near borders of blocks and clusters. */
const place = fc.oneof(
  fc.nat(300 * KIB),
  fc.tuple(fc.nat(80), fc.integer({ min: -2, max: 2 })).map(([k, d]) => Math.max(0, k * 4096 + d)),
  fc.tuple(fc.nat(40), fc.nat(8)).map(([k, b]) => k * 64 * KIB + b * 4096),
);
const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        op: fc.constant('write' as const),
        file,
        at: place,
        length: fc.oneof(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 1, max: 200_000 })),
      }),
    },
    { weight: 4, arbitrary: fc.record({ op: fc.constant('truncate' as const), file, size: place }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constantFrom('fsync', 'unlink', 'reopen'), file }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constantFrom('mkdir', 'rmdir'), name: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('sync', 'drop-caches') }) },
  ),
  { maxLength: 60 },
) as fc.Arbitrary<Step[]>;

/** The files as arrays of bytes, beside the file system. */
class Twin {
  readonly #fs: FileSystem;
  readonly #fds: (number | null)[] = new Array<number | null>(FILES).fill(null);
  readonly #contents: (Uint8Array | null)[] = new Array<Uint8Array | null>(FILES).fill(null);
  #stamp = 0;

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  perform(step: Step): void {
    const fs = this.#fs;
    switch (step.op) {
      case 'sync':
        fs.sync();
        this.expectExactSpace();
        return;
      case 'drop-caches':
        fs.dropCaches();
        return;
      case 'mkdir':
        outcome(() => fs.mkdir(`d${step.name}`));
        return;
      case 'rmdir':
        outcome(() => fs.rmdir(`d${step.name}`));
        return;
      default:
        this.#onFile(step);
    }
  }

  #onFile(step: Extract<Step, { file: number }>): void {
    const fs = this.#fs;
    const { file: index } = step;
    const fd = this.#open(index);
    switch (step.op) {
      case 'write':
        this.#write(fd, index, step.at, step.length);
        break;
      case 'truncate':
        fs.ftruncate(fd, step.size);
        this.#resize(index, step.size);
        break;
      case 'fsync':
        fs.fsync(fd);
        break;
      case 'unlink':
        fs.unlink(`f${index}`);
        this.#contents[index] = null;
        this.#close(index, fd);
        break;
      case 'reopen':
        this.#close(index, fd);
    }
  }

  #open(index: number): number {
    const fd = this.#fds[index] ?? this.#fs.open(`f${index}`, { access: 'read-write', create: true });
    this.#fds[index] = fd;
    this.#contents[index] ??= new Uint8Array(0);
    return fd;
  }

  #close(index: number, fd: number): void {
    this.#fs.close(fd);
    this.#fds[index] = null;
  }

  #write(fd: number, index: number, at: number, length: number): void {
    const bytes = new Uint8Array(length).fill((++this.#stamp % 255) + 1);
    let written = 0;
    const result = outcome(() => (written = this.#fs.pwrite(fd, bytes, at)));
    expect(['done', 'ENOSPC']).toContain(result);
    if (written === 0) return;
    if (at + written > (this.#contents[index]?.length ?? 0)) this.#resize(index, at + written);
    this.#contents[index]?.set(bytes.subarray(0, written), at);
  }

  #resize(index: number, size: number): void {
    const grown = new Uint8Array(size);
    grown.set((this.#contents[index] ?? grown).subarray(0, size));
    this.#contents[index] = grown;
  }

  /** statfs counts what the descriptors count, and what is promised is nothing after a sync. */
  expectExactSpace(): void {
    const { sb } = this.#fs;
    const { descriptorSize, clusterRatio } = sb.geometry;
    const free = sb.groups.reduce((sum, { raw }) => sum + freeBlocks(raw, descriptorSize), 0);
    expect(this.#fs.statfs().blocksFree).toBe(free * clusterRatio);
    expect(sb.freeSpace.reserved).toBe(0);
  }

  expectContents(fs: FileSystem): void {
    for (const [index, contents] of this.#contents.entries()) {
      if (contents === null) continue;
      const fd = fs.open(`f${index}`, { access: 'read' });
      const bytes = new Uint8Array(contents.length + 1);
      expect(fs.pread(fd, bytes, 0)).toBe(contents.length);
      expect(Buffer.compare(bytes.subarray(0, contents.length), contents)).toBe(0);
      fs.close(fd);
    }
  }
}

const RUNS = Number(process.env['TWINPATH_BIGALLOC_RUNS'] ?? 6);

describe.each(SHAPES)('blocks of %i in clusters of %i', async (blockSize, clusterSize, sizeBytes) => {
  const template = await made(blockSize, clusterSize, sizeBytes);

  test.each(MOUNTS)(
    '%s: what is written is read, e2fsck finds nothing, statfs is exact',
    async (_, request) => {
      await fc.assert(
        fc.asyncProperty(steps, fc.boolean(), async (sequence, full) => {
          const disk = template.snapshot();
          const fs = testMount(disk, request);
          if (full) fill(fs);
          const twin = new Twin(fs);
          for (const step of sequence) twin.perform(step);
          fs.sync();
          twin.expectExactSpace();
          twin.expectContents(fs);
          fs.closeAll();
          fs.unmount();
          const { clean, output } = await e2fsck(disk);
          expect(clean, output).toBe(true);
          const again = testMount(disk, request);
          twin.expectContents(again);
          again.unmount();
        }),
        { numRuns: RUNS, endOnFailure: true },
      );
    },
  );
});

/** Leaves so little that the sequence runs out of space. */
function fill(fs: FileSystem): void {
  const fd = fs.open('filler', { access: 'write', create: true });
  const left = 500 * KIB;
  const { blocksFree, blockSize } = fs.statfs();
  const keptBack = fs.sb.freeSpace.keptBack * fs.sb.geometry.clusterRatio;
  const size = Math.max(0, (blocksFree - keptBack) * blockSize - left);
  for (let at = 0; at < size; at += 256 * KIB)
    fs.pwrite(fd, new Uint8Array(Math.min(256 * KIB, size - at)), at);
  fs.close(fd);
  fs.sync();
}
