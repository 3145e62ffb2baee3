import { execaSync } from 'execa';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Failure } from '../lib/errno.ts';
import { mount } from './mount.ts';
import { inDirectory, load, save } from '../ext4/e2fsprogs.fixture.ts';
import { needsKernel, withKernelMount } from '../ext4/kernel.fixture.ts';

/** `mount -o remount,abort`: the journal is aborted from outside, without any error of disk or device. */

const TIME = { seconds: 1_700_001_000, nanoseconds: 0 };

/** The errno that each call ends with, in the kernel or here. */
function answersOf(calls: readonly (() => unknown)[]): string[] {
  return calls.map((call) => {
    try {
      call();
      return 'done';
    } catch (error) {
      if (error instanceof Failure) return error.errno;
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  });
}

/** What dumpe2fs says of errors, of the journal and of recovery; functions and lines of the kernel are its own. */
function headerOf(image: string): string[] {
  const { stdout } = execaSync('dumpe2fs', ['-h', image]);
  const told = stdout.split('\n').filter((line) => /state:|Error count|error err:|Journal errno/.test(line));
  return [...told, String(stdout.includes('needs_recovery'))];
}

describe.each(['remount-ro', 'continue'] as const)('errors=%s', (errors) => {
  test('the kernel and we change nothing any more, read on, and leave the same words in the superblock', async (context) => {
    needsKernel(context);
    await inDirectory((path) => {
      execaSync('mke2fs', ['-q', '-F', '-t', 'ext4', path('kernel'), '16M']);
      const disk = load(path('kernel'));
      const theirs = withKernelMount(path('kernel'), [`errors=${errors}`], ({ directory }) => {
        const at = (name: string): string => join(directory, name);
        writeFileSync(at('f'), 'kept');
        execaSync('sync', ['-f', directory]);
        execaSync('mount', ['-o', 'remount,abort', directory]);
        return answersOf([
          () => mkdirSync(at('d')),
          () => writeFileSync(at('g'), ''),
          () => appendFileSync(at('f'), 'more'),
          () => expect(readFileSync(at('f'), 'utf8')).toBe('kept'),
        ]);
      });
      const fs = mount(disk, { now: TIME, errors });
      const fd = fs.open('f', { access: 'write', create: true });
      fs.write(fd, Buffer.from('kept'));
      fs.close(fd);
      fs.sync();
      fs.reconfigure({ abort: true });
      const bytes = new Uint8Array(4);
      const ours = answersOf([
        () => fs.mkdir('d'),
        () => fs.open('g', { access: 'write', create: true }),
        () => fs.open('f', { access: 'write', append: true }),
        () => expect(fs.read(fs.open('f', { access: 'read' }), bytes)).toBe(4),
      ]);
      fs.closeAll();
      fs.unmount();
      save(disk, path('ours'));
      expect(ours).toEqual(theirs);
      expect(theirs).toEqual(['EROFS', 'EROFS', 'EROFS', 'done']);
      expect(headerOf(path('ours'))).toEqual(headerOf(path('kernel')));
      return Promise.resolve();
    });
  });
});
