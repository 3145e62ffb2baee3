import { execa } from 'execa';
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { withDir } from 'tmp-promise';
import { MemoryDisk } from '../block/memory-disk.ts';

/** Runs `body` with a function that names files in a directory of its own. */
export const inDirectory = <T>(body: (path: (name: string) => string) => Promise<T>): Promise<T> =>
  withDir(({ path }) => body((name) => join(path, name)), { unsafeCleanup: true });

/** Writes the disk to a sparse file. */
export function save(disk: MemoryDisk, path: string): void {
  const file = openSync(path, 'w');
  try {
    ftruncateSync(file, disk.sizeBytes);
    for (const { offset, pages } of disk.extents()) {
      pages.forEach((page, index) => {
        const at = offset + index * page.length;
        writeSync(file, page, 0, Math.min(page.length, disk.sizeBytes - at), at);
      });
    }
  } finally {
    closeSync(file);
  }
}

export function load(path: string): MemoryDisk {
  const file = openSync(path, 'r');
  try {
    return MemoryDisk.load(fstatSync(file).size, (offset, target) =>
      readSync(file, target, 0, target.length, offset),
    );
  } finally {
    closeSync(file);
  }
}

/** What e2fsck -fn says; `clean` when it exits with 0 and says nothing but its passes and the summary. */
export async function e2fsck(
  disk: MemoryDisk,
): Promise<{ readonly clean: boolean; readonly output: string }> {
  return await inDirectory(async (path) => {
    save(disk, path('image'));
    // Read apart: what comes from both at once may be mixed within a line.
    const { exitCode, stdout, stderr } = await execa('e2fsck', ['-fn', path('image')], { reject: false });
    const output = [stderr, stdout].filter((text) => text !== '').join('\n');
    const lines = output.split('\n').filter((line) => !/^(e2fsck |Pass \d|.*: \d+\/\d+ files)/.test(line));
    return { clean: exitCode === 0 && lines.length === 0, output };
  });
}

/** debugfs's answer to one request. */
export async function debugfs(image: string, request: string, write = false): Promise<string> {
  const { stdout } = await execa('debugfs', [...(write ? ['-w'] : []), '-R', request, image]);
  return stdout;
}
