import { mkdir, open } from 'node:fs/promises';
import { execa } from 'execa';
import { dir } from 'tmp-promise';
import { MemoryDisk } from '../block/memory-disk.ts';

/** Images as files, for the tools of e2fsprogs. Only for tests. */

/** A file with the contents of a disk, sparse where the disk is empty; gone after `use`. */
export async function withImage<T>(disk: MemoryDisk, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await dir({ unsafeCleanup: true });
  try {
    const path = `${folder.path}/image`;
    await save(disk, path);
    return await use(path);
  } finally {
    await folder.cleanup();
  }
}

async function save(disk: MemoryDisk, path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.truncate(disk.sizeBytes);
    for (const { offset, pages } of disk.extents()) {
      let at = offset;
      for (const page of pages) {
        await file.write(page, 0, Math.min(page.length, disk.sizeBytes - at), at);
        at += page.length;
      }
    }
  } finally {
    await file.close();
  }
}

export async function loadImage(path: string): Promise<MemoryDisk> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(size);
    await file.read(bytes, 0, size, 0);
    return MemoryDisk.load(size, (offset, target) => {
      const part = bytes.subarray(offset, offset + target.length);
      target.set(part);
      return part.length;
    });
  } finally {
    await file.close();
  }
}

/** What mke2fs makes of a folder filled by `fill`. */
export async function mke2fs(
  blockSize: number,
  sizeBytes: number,
  fill: (folder: string) => Promise<void>,
  extra: readonly string[] = [],
): Promise<MemoryDisk> {
  const folder = await dir({ unsafeCleanup: true });
  try {
    const [image, source] = [`${folder.path}/image`, `${folder.path}/source`];
    await mkdir(source);
    await fill(source);
    const options = ['-q', '-F', '-t', 'ext4', '-b', `${blockSize}`, '-d', source, ...extra];
    await execa('mke2fs', [...options, image, `${sizeBytes / 1024}k`]);
    return await loadImage(image);
  } finally {
    await folder.cleanup();
  }
}

/** What `e2fsck -fn` says about the disk, or 'clean'. */
export async function e2fsck(disk: MemoryDisk): Promise<string> {
  return withImage(disk, async (path) => {
    const { exitCode, stdout, stderr } = await execa('e2fsck', ['-fn', path], { reject: false });
    const problems = `${stdout}\n${stderr}`
      .split('\n')
      .filter((line) => line !== '' && !/^(Pass \d|e2fsck \d|.*: \d+\/\d+ files)/.test(line));
    return exitCode === 0 && problems.length === 0 ? 'clean' : `exit ${exitCode}\n${problems.join('\n')}`;
  });
}

/** The disk after e2fsck has rebuilt its directories as hash trees (`e2fsck -fyD`). */
export async function withIndexedDirectories(disk: MemoryDisk): Promise<MemoryDisk> {
  return withImage(disk, async (path) => {
    await execa('e2fsck', ['-fyD', path], { reject: false });
    return loadImage(path);
  });
}

/** The answer of debugfs to one request. */
export async function debugfs(disk: MemoryDisk, request: string): Promise<string> {
  return withImage(disk, async (path) => (await execa('debugfs', ['-R', request, path])).stdout);
}
