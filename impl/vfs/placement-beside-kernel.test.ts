import { execa } from 'execa';
import { withDir } from 'tmp-promise';
import { expect } from 'vitest';
import { loadImage } from './disk-image.fixture.ts';
import { piecesOf, piecesOnImage } from './file-pieces.fixture.ts';
import type { FileSystem } from './file-system.ts';
import { python, scriptedKernelTest, withKernelMount } from './kernel-mount.fixture.ts';
import { testMount } from './test-mount.fixture.ts';

const KIB = 1024;

/** Files of `size` bytes that are written in turns, `chunk` bytes each time. */
interface Pattern {
  readonly files: number;
  readonly size: number;
  readonly chunk: number;
  readonly fsync: boolean;
  /** Each turn opens and closes the file. */
  readonly reopen: boolean;
}

const PATTERNS: readonly Pattern[] = [
  { files: 1, size: 8192 * KIB, chunk: 1024 * KIB, fsync: false, reopen: false },
  { files: 4, size: 1024 * KIB, chunk: 64 * KIB, fsync: false, reopen: false },
  { files: 4, size: 1024 * KIB, chunk: 64 * KIB, fsync: true, reopen: false },
  { files: 4, size: 64 * KIB, chunk: 4 * KIB, fsync: true, reopen: false },
  { files: 3, size: 64 * KIB, chunk: 4 * KIB, fsync: true, reopen: true },
  { files: 20, size: 10 * KIB, chunk: 10 * KIB, fsync: true, reopen: true },
];

const nameOf = (pattern: number, file: number): string => `f${pattern}.${file}`;

/** On one processor: each has a group of small files of its own in the kernel (ext4_locality_group), and who moves meets both. */
const SCRIPT = `
import json, os, sys
os.chdir(sys.argv[1])
os.sched_setaffinity(0, {0})
for number, pattern in enumerate(json.load(open(sys.argv[2]))):
    names = ['f%d.%d' % (number, file) for file in range(pattern['files'])]
    opened = lambda name: os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    fds = {} if pattern['reopen'] else {name: opened(name) for name in names}
    for _ in range(pattern['size'] // pattern['chunk']):
        for name in names:
            fd = fds[name] if name in fds else opened(name)
            os.write(fd, b'x' * pattern['chunk'])
            if pattern['fsync']: os.fsync(fd)
            if name not in fds: os.close(fd)
    for fd in fds.values(): os.close(fd)
print('null')
`;

function write(fs: FileSystem, { files, size, chunk, fsync, reopen }: Pattern, number: number): void {
  const names = Array.from({ length: files }, (_, file) => nameOf(number, file));
  const opened = (name: string): number => fs.open(name, { access: 'write', create: true, append: true });
  const bytes = new Uint8Array(chunk).fill(7);
  const fds = new Map(reopen ? [] : names.map((name) => [name, opened(name)]));
  for (let written = 0; written < size; written += chunk) {
    for (const name of names) {
      const fd = fds.get(name) ?? opened(name);
      fs.write(fd, bytes);
      if (fsync) fs.fsync(fd);
      if (reopen) fs.close(fd);
    }
  }
  fs.closeAll();
}

const allNames = PATTERNS.map(({ files }, number) =>
  Array.from({ length: files }, (_, file) => nameOf(number, file)),
);

/** Pieces of all files of each pattern. */
function countsOf(pieces: readonly (readonly unknown[])[]): number[] {
  let next = 0;
  return PATTERNS.map(({ files }) => pieces.slice(next, (next += files)).flat().length);
}

scriptedKernelTest('files come out in no more pieces than in the kernel, on the same image', async () => {
  await withDir(
    async ({ path }) => {
      const image = `${path}/image`;
      const lazy = 'lazy_itable_init=0,lazy_journal_init=0';
      await execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '4096', '-E', lazy, image, '64M']);
      const disk = await loadImage(image);
      await withKernelMount(image, (root) => python(SCRIPT, root, PATTERNS));
      const kernels = countsOf(await piecesOnImage(image, allNames.flat()));
      for (const request of [{}, { bufferedIomap: true }, { delalloc: false }]) {
        const ours = disk.snapshot();
        const fs = testMount(ours, request);
        for (const [number, pattern] of PATTERNS.entries()) write(fs, pattern, number);
        fs.unmount();
        const counts = countsOf(await piecesOf(ours, allNames.flat()));
        for (const [number, count] of counts.entries()) {
          expect(count, JSON.stringify(PATTERNS[number])).toBeLessThanOrEqual(kernels[number] ?? 0);
        }
      }
    },
    { unsafeCleanup: true },
  );
});
