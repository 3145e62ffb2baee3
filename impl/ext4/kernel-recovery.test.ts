import { execaSync } from 'execa';
import {
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  closeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { mount, type MountRequest } from '../vfs/mount.ts';
import { inDirectory, load, save } from './e2fsprogs.fixture.ts';
import { needsKernel, withKernelMount } from './kernel.fixture.ts';

const TIME = { seconds: 1_700_001_000, nanoseconds: 0 };

interface Kind {
  readonly name: string;
  readonly mke2fs: readonly string[];
  readonly blockSize: number;
  readonly kernelOptions: readonly string[];
  readonly ourOptions: MountRequest;
}

const KINDS: readonly Kind[] = [
  { name: 'defaults', mke2fs: [], blockSize: 4096, kernelOptions: [], ourOptions: {} },
  {
    name: 'blocks of 1 KiB',
    mke2fs: [],
    blockSize: 1024,
    kernelOptions: [],
    ourOptions: { bufferedIomap: true },
  },
  {
    name: 'no checksums, narrow numbers',
    mke2fs: ['-O', '^metadata_csum,^64bit'],
    blockSize: 1024,
    kernelOptions: [],
    ourOptions: {},
  },
  {
    name: 'checksums of version 1',
    mke2fs: ['-O', '^metadata_csum'],
    blockSize: 2048,
    kernelOptions: ['journal_checksum'],
    ourOptions: { journalChecksum: true },
  },
  {
    name: 'data=journal',
    mke2fs: [],
    blockSize: 1024,
    kernelOptions: ['data=journal'],
    ourOptions: { data: 'journal' },
  },
  ...featured(['orphan_file', 'metadata_csum_seed'], 1024),
  ...featured(['bigalloc'], 1024),
  ...featured(['inline_data', 'ea_inode'], 2048),
  ...featured(['^resize_inode', 'meta_bg', '^flex_bg'], 1024),
  ...featured(['^metadata_csum', 'uninit_bg'], 1024),
  ...featured(['^extent', '^64bit', 'sparse_super2'], 1024),
];

function featured(features: readonly string[], blockSize: number): Kind[] {
  const mke2fs = ['-O', features.join(',')];
  return [{ name: features.join(' '), mke2fs, blockSize, kernelOptions: [], ourOptions: {} }];
}

/** Blocks by number that differ, without the superblock's, which says when it was mounted, and without the log. */
function differences(left: string, right: string, blockSize: number, log: ReadonlySet<number>): number[] {
  const files = [readFileSync(left), readFileSync(right)] as const;
  const found: number[] = [];
  const superBlock = blockSize === 1024 ? 1 : 0;
  for (let block = 0; block < files[0].length / blockSize; block++) {
    if (block === superBlock || log.has(block)) continue;
    const [start, end] = [block * blockSize, (block + 1) * blockSize];
    if (files[0].compare(files[1], start, end, start, end) !== 0) found.push(block);
  }
  return found;
}

/** With meta_bg the other blocks of descriptors are copies, which e2fsck brings up to date and no kernel does. */
function descriptorCopies(image: string): number[] {
  const told = execaSync('dumpe2fs', [image]).stdout.matchAll(/Group descriptor at (\d+)/g);
  return [...told].slice(1).map(([, block]) => Number(block));
}

/** What we, the kernel and e2fsck make of the same dirty log is the same, block by block. */
function expectOneRecovery(dirty: string, blockSize: number, path: (name: string) => string): void {
  expect(execaSync('dumpe2fs', ['-h', dirty]).stdout).toMatch(/needs_recovery/);
  for (const name of ['ours', 'kernel', 'e2fsck']) copyFileSync(dirty, path(name));
  const disk: MemoryDisk = load(dirty);
  const fs = mount(disk, { readOnly: true, now: TIME });
  expect(fs.notices).toContain('recovery complete');
  fs.unmount();
  save(disk, path('ours'));
  withKernelMount(path('kernel'), ['ro'], () => undefined);
  execaSync('e2fsck', ['-y', '-E', 'journal_only', path('e2fsck')], { reject: false });
  // Not from the dirty image: debugfs opens none whose checksums are in the middle of a checkpoint.
  const listed = execaSync('debugfs', ['-R', 'blocks <8>', path('e2fsck')]).stdout;
  const log = new Set(listed.trim().split(/\s+/).map(Number));
  expect(log.size).toBeGreaterThanOrEqual(1024);
  expect(differences(path('kernel'), path('ours'), blockSize, log)).toEqual([]);
  const rewritten = new Set([...log, ...descriptorCopies(dirty)]);
  expect(differences(path('e2fsck'), path('ours'), blockSize, rewritten)).toEqual([]);
  // The recovery was not of nothing.
  expect(differences(dirty, path('ours'), blockSize, log).length).toBeGreaterThan(3);
  const check = execaSync('e2fsck', ['-fn', path('ours')], { reject: false });
  expect(check.exitCode, check.stdout).toBe(0);
}

/** Directories, files that shrink, names that move, and metadata blocks that are freed: revokes. */
function kernelWork(directory: string): void {
  for (let index = 0; index < 30; index++) {
    const name = join(directory, `d${index}`);
    mkdirSync(name);
    writeFileSync(join(name, 'file'), Buffer.alloc(3000 * (index + 1), index));
    if (index % 3 === 1) truncateSync(join(name, 'file'), 100);
    if (index % 4 === 1) renameSync(join(name, 'file'), join(directory, `moved${index}`));
    if (index % 5 === 2) rmSync(name, { recursive: true });
    if (index % 10 === 9) syncFile(join(directory, `d${index}`));
  }
}

/** Open files of every size that have lost their names, one of which has a second extent. */
function unlinkedFiles(directory: string): number[] {
  return Array.from({ length: 6 }, (_, index) => {
    const name = join(directory, `gone${index}`);
    writeFileSync(name, Buffer.alloc(20_000 * index + 10, index));
    syncFile(name);
    const file = openSync(name, 'r');
    rmSync(name);
    return file;
  });
}

/** Counters of the file system and of each group, and what is still an orphan: what a clean-up leaves. */
function countersOf(image: string): string[] {
  const lines = execaSync('dumpe2fs', [image]).stdout.split('\n');
  return lines.filter((line) => /^Free (blocks|inodes): |orphan|free (blocks|clusters), /i.test(line));
}

/** After recovery nothing of the orphans is left, in the kernel and here, and both have as much room again in each group. */
function expectOneCleanup(path: (name: string) => string): void {
  copyFileSync(path('dirty'), path('kernel'));
  const disk = load(path('dirty'));
  const fs = mount(disk, { readOnly: true, now: TIME });
  expect(fs.notices).toContain('recovery complete');
  fs.unmount();
  save(disk, path('ours'));
  withKernelMount(path('kernel'), ['ro'], () => undefined);
  expect(countersOf(path('ours'))).toEqual(countersOf(path('kernel')));
  for (const name of ['ours', 'kernel']) {
    const { exitCode, stdout } = execaSync('e2fsck', ['-fn', path(name)], { reject: false });
    expect(exitCode, stdout).toBe(0);
  }
  // It went on with its own image, let go of the files and unmounted it: nothing else has changed since the copy.
  expect(countersOf(path('ours'))).toEqual(countersOf(path('image')));
}

function syncFile(path: string): void {
  const file = openSync(path, 'r');
  fsyncSync(file);
  closeSync(file);
}

describe.each(KINDS)('$name', ({ mke2fs, blockSize, kernelOptions, ourOptions }) => {
  const make = (image: string): void => {
    execaSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', `${blockSize}`, ...mke2fs, image, '16M']);
  };

  test('a log that the kernel left behind', async (context) => {
    needsKernel(context);
    await inDirectory((path) => {
      make(path('image'));
      withKernelMount(path('image'), kernelOptions, ({ directory, image }) => {
        kernelWork(directory);
        syncFile(directory);
        copyFileSync(image, path('dirty'));
      });
      expectOneRecovery(path('dirty'), blockSize, path);
      return Promise.resolve();
    });
  });

  test('orphans that the kernel left behind', async (context) => {
    needsKernel(context);
    await inDirectory((path) => {
      make(path('image'));
      withKernelMount(path('image'), kernelOptions, ({ directory, image }) => {
        kernelWork(directory);
        const open = unlinkedFiles(directory);
        // Nothing waits for a place any more, so the copy lacks nothing that comes later.
        execaSync('sync', ['-f', directory]);
        copyFileSync(image, path('dirty'));
        for (const file of open) closeSync(file);
      });
      expectOneCleanup(path);
      return Promise.resolve();
    });
  });

  test('a log that we left behind', async (context) => {
    needsKernel(context);
    await inDirectory((path) => {
      make(path('image'));
      const disk = load(path('image'));
      const fs = mount(disk, { now: TIME, ...ourOptions });
      for (let index = 0; index < 30; index++) {
        fs.mkdir(`/d${index}`);
        const fd = fs.open(`/d${index}/file`, { access: 'write', create: true });
        fs.write(fd, new Uint8Array(3000 * (index + 1)).fill(index));
        if (index % 10 === 9) fs.fsync(fd);
        fs.close(fd);
        if (index % 3 === 1) fs.truncate(`/d${index}/file`, 100);
        if (index % 5 !== 2) continue;
        fs.unlink(`/d${index}/file`);
        fs.rmdir(`/d${index}`);
      }
      fs.sync();
      save(disk, path('dirty'));
      expectOneRecovery(path('dirty'), blockSize, path);
      return Promise.resolve();
    });
  });
});
