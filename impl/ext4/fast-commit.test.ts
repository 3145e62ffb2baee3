import { execaSync } from 'execa';
import { closeSync, copyFileSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MountRefused } from '../lib/corruption.ts';
import type { FileSystem } from '../vfs/file-system.ts';
import { mount } from '../vfs/mount.ts';
import { inDirectory, load, save } from './e2fsprogs.fixture.ts';
import { needsKernel, withKernelMount } from './kernel.fixture.ts';

const TIME = { seconds: 1_700_001_000, nanoseconds: 0 };

function writeSynced(path: string, length: number): void {
  const file = openSync(path, 'w');
  writeSync(file, Buffer.alloc(length, 5));
  fsyncSync(file);
  closeSync(file);
}

const names = (fs: FileSystem): string[] =>
  fs
    .readdir('/')
    .map(({ name }) => name)
    .sort();

test('what the kernel fast-committed is never lost: the mount is refused until somebody has replayed it', async (context) => {
  needsKernel(context);
  await inDirectory((path) => {
    execaSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', 'fast_commit', path('image'), '24M']);
    withKernelMount(path('image'), [], ({ directory, image }) => {
      writeSynced(join(directory, 'a'), 3000);
      execaSync('sync', ['-f', directory]);
      copyFileSync(image, path('committed'));
      writeSynced(join(directory, 'b'), 3000);
      writeSynced(join(directory, 'c'), 30_000);
      copyFileSync(image, path('fast'));
    });
    const committed = load(path('committed'));
    const fs = mount(committed, { now: TIME });
    expect(fs.notices).toEqual(['recovery complete']);
    expect(names(fs)).toEqual(['a', 'lost+found']);
    // More than the log without the fast commit area would hold: it is used whole.
    for (let index = 0; index < 60; index++) {
      fs.mkdir(`/d${index}`);
      fs.sync();
    }
    const crashed = committed.snapshot();
    fs.unmount();
    save(crashed, path('crashed'));
    withKernelMount(path('crashed'), [], ({ directory }) => {
      expect(execaSync('ls', [directory]).stdout.split('\n').length).toBe(62);
    });

    const fast = load(path('fast'));
    expect(() => mount(fast, { now: TIME })).toThrow(MountRefused);
    expect(() => mount(fast, { now: TIME })).toThrow(/2 fast commits wait/);
    const old = mount(fast, { readOnly: true, noload: true, now: TIME });
    old.unmount();
    execaSync('e2fsck', ['-fy', path('fast')], { reject: false });
    const replayed = mount(load(path('fast')), { now: TIME });
    expect(names(replayed)).toEqual(['a', 'b', 'c', 'lost+found']);
    replayed.unmount();
    return Promise.resolve();
  });
});
