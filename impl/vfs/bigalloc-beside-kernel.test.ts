import { execa } from 'execa';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { withDir } from 'tmp-promise';
import { describe, expect } from 'vitest';
import { e2fsck, loadImage } from './disk-image.fixture.ts';
import type { FileSystem } from './file-system.ts';
import { python, scriptedKernelTest, withKernelMount } from './kernel-mount.fixture.ts';
import type { MountRequest } from './mount.ts';
import { extentsOf, testMount } from './test-mount.fixture.ts';

const KIB = 1024;

/** Bytes of a block and of a cluster. */
const SHAPES = [
  [1024, 16 * KIB],
  [4096, 64 * KIB],
] as const;

const MOUNTS: readonly MountRequest[] = [{}, { bufferedIomap: true }, { delalloc: false }];

/** Calls on files by name; `look` comes after a sync and shows what everything costs. */
type Step =
  | readonly ['write', file: string, at: number, length: number]
  | readonly ['truncate', file: string, size: number]
  | readonly ['fsync' | 'unlink', file: string]
  | readonly ['look'];

const file = fc.constantFrom('a', 'b', 'c', 'd');
/** Bytes, often near borders of blocks and clusters. */
const place = fc.oneof(
  fc.nat(200 * KIB),
  fc.tuple(fc.nat(20), fc.integer({ min: -1, max: 1 })).map(([k, d]) => Math.max(0, k * 16 * KIB + d)),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.constant('write' as const), file, place, fc.integer({ min: 1, max: 40_000 })),
  },
  { weight: 3, arbitrary: fc.tuple(fc.constant('truncate' as const), file, place) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('fsync' as const, 'unlink' as const), file) },
  { weight: 2, arbitrary: fc.constant(['look'] as const) },
);

const program = (seed: number): Step[] => [...fc.sample(step, { seed, numRuns: 150 }), ['look']];

/** What a file costs and where it has blocks: its sectors, and runs of logical blocks. */
type Cost = readonly [name: string, size: number, sectors: number, digest: string, runs: readonly string[]];

/** One look at everything: free blocks as statfs has them, and each file. */
type Look = readonly [free: number, available: number, files: readonly Cost[]];

const SCRIPT = `
import ctypes, fcntl, hashlib, json, os, struct, sys
os.chdir(sys.argv[1])
top = os.open('.', os.O_RDONLY)
given = json.load(open(sys.argv[2]))
size = given['blockSize']
def runs(fd):
    buffer = bytearray(32 + 56 * 500)
    struct.pack_into('=QQIIII', buffer, 0, 0, 2**63, 0, 0, 500, 0)
    fcntl.ioctl(fd, 0xC020660B, buffer)
    found = []
    for index in range(struct.unpack_from('=I', buffer, 20)[0]):
        logical, physical, length = struct.unpack_from('=QQQ', buffer, 32 + 56 * index)
        if found and found[-1][1] == logical // size: found[-1][1] = (logical + length) // size
        else: found.append([logical // size, (logical + length) // size])
    return ['%d-%d' % tuple(run) for run in found]
def cost(name):
    fd = os.open(name, os.O_RDONLY)
    found = os.fstat(fd)
    answer = [name, found.st_size, found.st_blocks, hashlib.sha1(os.read(fd, found.st_size)).hexdigest(), runs(fd)]
    os.close(fd)
    return answer
looks = []
for count, (op, *args) in enumerate(given['steps']):
    if op == 'look':
        ctypes.CDLL(None).syncfs(top)
        left = os.statvfs('.')
        looks.append([left.f_bfree, left.f_bavail, [cost(name) for name in sorted(os.listdir('.')) if len(name) == 1]])
    elif op == 'unlink':
        if os.path.exists(args[0]): os.unlink(args[0])
    else:
        fd = os.open(args[0], os.O_RDWR | os.O_CREAT)
        if op == 'write': os.pwrite(fd, bytes([count % 255 + 1]) * args[2], args[1])
        elif op == 'truncate': os.ftruncate(fd, args[1])
        else: os.fsync(fd)
        os.close(fd)
print(json.dumps(looks))
`;

function perform(fs: FileSystem, steps: readonly Step[]): Look[] {
  const looks: Look[] = [];
  const names = new Set<string>();
  for (const [count, each] of steps.entries()) {
    if (each[0] === 'look') {
      fs.sync();
      const { blocksFree, blocksAvailable } = fs.statfs();
      looks.push([blocksFree, blocksAvailable, [...names].sort().map((name) => costOf(fs, name))]);
    } else if (each[0] === 'unlink') {
      if (names.delete(each[1])) fs.unlink(each[1]);
    } else {
      names.add(each[1]);
      const fd = fs.open(each[1], { access: 'read-write', create: true });
      if (each[0] === 'write') fs.pwrite(fd, new Uint8Array(each[3]).fill((count % 255) + 1), each[2]);
      else if (each[0] === 'truncate') fs.ftruncate(fd, each[2]);
      else fs.fsync(fd);
      fs.close(fd);
    }
  }
  return looks;
}

function costOf(fs: FileSystem, name: string): Cost {
  const { size, sectors } = fs.stat(name);
  const fd = fs.open(name, { access: 'read' });
  const bytes = new Uint8Array(size);
  fs.read(fd, bytes);
  fs.close(fd);
  const runs: { start: number; end: number }[] = [];
  const { blockSize } = fs.sb.geometry;
  for (const { logical, length } of extentsOf(fs, name)) {
    const last = runs.at(-1);
    const start = logical / blockSize;
    const end = start + length / blockSize;
    if (last?.end === start) last.end = end;
    else runs.push({ start, end });
  }
  const digest = createHash('sha1').update(bytes).digest('hex');
  return [name, size, sectors, digest, runs.map(({ start, end }) => `${start}-${end}`)];
}

/**
 * The same without what maps the file: trees may have another shape. What a file has beside the clusters of its data must be
 * whole clusters, few of them, and free without them.
 */
function dataOnly([free, available, files]: Look, blockSize: number, clusterSize: number): unknown {
  const clusterSectors = clusterSize / 512;
  const ratio = clusterSize / blockSize;
  let trees = 0;
  const costs = files.map(([name, size, sectors, digest, runs]) => {
    const tree = sectors / clusterSectors - clustersOf(runs, ratio);
    expect([0, 1, 2], `${name}: ${sectors} sectors for ${runs.join()}`).toContain(tree);
    trees += tree;
    return [name, size, digest, runs];
  });
  return [free + trees * ratio, available + trees * ratio, costs];
}

/** Logical clusters that have a block of these runs. */
function clustersOf(runs: readonly string[], ratio: number): number {
  const clusters = new Set<number>();
  for (const run of runs) {
    const [start = 0, end = 0] = run.split('-').map(Number);
    for (let block = start; block < end; block++) clusters.add(Math.floor(block / ratio));
  }
  return clusters.size;
}

describe.each(SHAPES)('blocks of %i bytes in clusters of %i', (blockSize, clusterSize) => {
  scriptedKernelTest('random calls cost the same clusters as in the kernel', async () => {
    await withDir(
      async ({ path }) => {
        const image = `${path}/image`;
        const lazy = 'lazy_itable_init=0,lazy_journal_init=0';
        const options = ['-b', `${blockSize}`, '-C', `${clusterSize}`, '-E', lazy, '-J', 'size=4'];
        await execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', 'bigalloc', ...options, image, '64M']);
        const disk = await loadImage(image);
        const steps = program(blockSize + clusterSize);
        const kernels = (await withKernelMount(image, (root) =>
          python(SCRIPT, root, { steps, blockSize }),
        )) as Look[];
        for (const request of MOUNTS) {
          const ours = disk.snapshot();
          const fs = testMount(ours, request);
          const looks = perform(fs, steps);
          const exact = (each: readonly Look[]): unknown[] =>
            each.map((look) => dataOnly(look, blockSize, clusterSize));
          expect(exact(looks), JSON.stringify(request)).toEqual(exact(kernels));
          fs.unmount();
          expect(await e2fsck(ours)).toBe('clean');
        }
        // And of what the kernel left there we say what it said.
        const left = testMount(await loadImage(image), { readOnly: true });
        expect(perform(left, [])).toEqual([]);
        const [, , files] = kernels.at(-1) ?? [0, 0, []];
        expect(files.map(([name]) => costOf(left, name))).toEqual(files);
        left.unmount();
      },
      { unsafeCleanup: true },
    );
  });
});
