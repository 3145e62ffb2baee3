import { execaSync } from 'execa';
import { copyFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Corruption, MountRefused } from '../../lib/corruption.ts';
import { mount } from '../../vfs/mount.ts';
import { inDirectory, load } from '../e2fsprogs.fixture.ts';
import { needsKernel, withKernelMount } from '../kernel.fixture.ts';

const NOW = { seconds: 1_700_000_000, nanoseconds: 0 };

type Mode = 'ro,noload' | 'ro' | 'rw';
const MODES: readonly Mode[] = ['ro,noload', 'ro', 'rw'];

interface Odd {
  readonly what: string;
  /** Words of mke2fs. */
  readonly made: readonly string[];
  /** Requests to debugfs, which damage it. */
  readonly changed: readonly string[];
  /** What we know about it without asking anybody: in which modes it can be mounted (fs/ext4/super.c). */
  readonly mounts: readonly Mode[];
}

const EXT2 = ['-t', 'ext2'];
const CHECKED = ['-t', 'ext4'];

/** Kinds of images of e2fsprogs' tests that a careful reader is tempted to refuse, or to take. */
const ODD: readonly Odd[] = [
  { what: 'revision 0', made: ['-r', '0'], changed: [], mounts: MODES },
  {
    what: 'a wrong checksum of a descriptor',
    made: CHECKED,
    changed: ['set_bg 0 checksum 0x1234'],
    mounts: ['ro,noload', 'ro'],
  },
  {
    what: 'more free blocks and inodes than there are',
    made: EXT2,
    changed: [
      'set_bg 0 free_blocks_count 60000',
      'set_bg 0 free_inodes_count 60000',
      'set_bg 0 used_dirs_count 60000',
    ],
    mounts: MODES,
  },
  {
    what: 'a bitmap on top of another',
    made: EXT2,
    changed: ['set_bg 0 inode_bitmap 5', 'set_bg 0 block_bitmap 5'],
    mounts: [],
  },
  { what: 'a table behind the end', made: EXT2, changed: ['set_bg 0 inode_table 60000'], mounts: [] },
  {
    what: 'a root directory that is the value of an attribute',
    made: [...EXT2, '-O', 'ea_inode'],
    changed: ['set_inode_field <2> flags 0x200000'],
    mounts: [],
  },
  {
    what: 'a journal on another device',
    made: EXT2,
    changed: ['feature has_journal', 'set_super_value journal_dev 0x801'],
    mounts: ['ro,noload'],
  },
];

function make({ made, changed }: Odd, path: string): void {
  execaSync('mke2fs', ['-q', '-F', '-b', '1024', ...made, path, '2M']);
  if (changed.length > 0) execaSync('debugfs', ['-w', '-f', '-', path], { input: `${changed.join('\n')}\n` });
}

function weMount(image: string, mode: Mode): boolean {
  const request = { readOnly: mode !== 'rw', noload: mode === 'ro,noload', now: NOW };
  try {
    mount(load(image), request).unmount();
    return true;
  } catch (error) {
    if (error instanceof Corruption || error instanceof MountRefused) return false;
    throw error;
  }
}

function linuxMounts(image: string, mode: Mode): boolean {
  try {
    return withKernelMount(image, [mode], () => true);
  } catch {
    return false;
  }
}

describe.each(ODD)('an image with $what', (odd) => {
  test('is mounted as long as nothing is in the way', () =>
    inDirectory((path) => {
      make(odd, path('image'));
      expect(MODES.filter((mode) => weMount(path('image'), mode))).toEqual(odd.mounts);
      return Promise.resolve();
    }));

  test('is mounted by Linux in the same modes', (context) => {
    needsKernel(context);
    return inDirectory((path) => {
      make(odd, path('image'));
      const mounted = MODES.filter((mode) => {
        copyFileSync(path('image'), path('copy'));
        return linuxMounts(path('copy'), mode);
      });
      expect(mounted).toEqual(odd.mounts);
      return Promise.resolve();
    });
  });
});
