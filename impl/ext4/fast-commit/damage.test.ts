import { Buffer } from 'node:buffer';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MountRefused } from '../../lib/corruption.ts';
import { mount } from '../../vfs/mount.ts';
import { inDirectory, load } from '../e2fsprogs.fixture.ts';
import { needsKernel, withKernelMount } from '../kernel.fixture.ts';
import { cutInKernel, kernelTree, ourTree } from './power-cut.fixture.ts';

const TIME = { seconds: 1_700_001_000, nanoseconds: 0 };
const BLOCK = 1024;

/** Two fast commits of a block each. */
const SCRIPT = {
  before: '',
  after: 'a = put("a", 3000); os.fsync(a); b = put("b", 3000); os.fsync(b)',
};

type Damage = (area: Buffer) => void;

const flip =
  (at: number): Damage =>
  (area) => {
    area.writeUInt8(area.readUInt8(at) ^ 1, at);
  };

/** What the second tag is, and how long; the first is the head. */
const SECOND_TAG = 12;

const DAMAGES: readonly (readonly [string, Damage, readonly string[]])[] = [
  ['nothing', () => undefined, ['a', 'b', 'last']],
  ['a byte of the first fast commit', flip(20), ['last']],
  ['a byte of the second fast commit', flip(BLOCK + 20), ['a', 'last']],
  ['zeros', (area) => area.fill(0, 0, BLOCK), ['last']],
  ['another transaction', flip(8), ['last']],
  ['another transaction in a tail', flip(BLOCK + 4), ['a', 'last']],
  ['an unknown tag', (area) => area.writeUInt16LE(77, SECOND_TAG), ['last']],
  ['a tag that is too long', (area) => area.writeUInt16LE(0xff00, SECOND_TAG + 2), ['last']],
  ['an unknown tag in the second', (area) => area.writeUInt16LE(77, BLOCK), ['a', 'last']],
];

/** The first block of the area: it begins with a head of eight bytes. */
function areaOf(image: Buffer): Buffer {
  for (let at = 0; at < image.length; at += BLOCK) {
    if (image.readUInt32LE(at) === 0x80009) return image.subarray(at);
  }
  throw new Error('no fast commit');
}

test('damage ends the replay where the kernel ends it, or where the kernel refuses the mount', async (context) => {
  needsKernel(context);
  await inDirectory((path) => {
    cutInKernel(path, ['-b', '1024'], SCRIPT);
    const kernelAnswers: (string[] | null)[] = [];
    for (const [name, damage, expected] of DAMAGES) {
      const image = readFileSync(path('cut'));
      damage(areaOf(image));
      writeFileSync(path('damaged'), image);
      const fs = mount(load(path('damaged')), { now: TIME });
      const tree = ourTree(fs);
      fs.unmount();
      expect(Object.keys(tree).sort(), name).toEqual(expected);
      const kernel = treeInKernel(path('damaged'));
      kernelAnswers.push(kernel === null ? null : Object.keys(kernel));
      if (kernel !== null) expect(kernel, name).toEqual(tree);
    }
    expect(kernelAnswers.filter((answer) => answer !== null).length).toBeGreaterThan(4);
    return Promise.resolve();
  });
});

function treeInKernel(image: string): ReturnType<typeof kernelTree> | null {
  copyFileSync(image, `${image}.kernel`);
  try {
    return withKernelMount(`${image}.kernel`, [], ({ directory }) => kernelTree(directory));
  } catch {
    return null;
  }
}

test('features of fast commits that nobody knows are refused by name, and read with noload', async (context) => {
  needsKernel(context);
  await inDirectory((path) => {
    cutInKernel(path, ['-b', '1024'], SCRIPT);
    const image = readFileSync(path('cut'));
    areaOf(image).writeUInt32LE(4, 4);
    writeFileSync(path('damaged'), image);
    const disk = load(path('damaged'));
    expect(() => mount(disk, { now: TIME })).toThrow(MountRefused);
    expect(() => mount(disk, { now: TIME })).toThrow('fast commits with features 4');
    expect(treeInKernel(path('damaged'))).toBeNull();
    const old = mount(disk, { readOnly: true, noload: true, now: TIME });
    old.unmount();
    return Promise.resolve();
  });
});

test('blocks told of a file with indirect blocks are refused by name: Linux writes that, and breaks when it replays it', async (context) => {
  needsKernel(context);
  await inDirectory((path) => {
    // Never mounted in the kernel again: see reports/kernel-findings/fast-commits.md.
    cutInKernel(path, ['-b', '1024', '-O', '^extent,^64bit'], SCRIPT);
    const disk = load(path('cut'));
    const what = /ext4_fc_add_range.*fc_ino.*1\d.*a regular file with extents/;
    expect(() => mount(disk, { now: TIME })).toThrow(what);
    // Nothing of it has happened: who does not want the fast commits has the last full one.
    expect(() => mount(disk, { now: TIME })).toThrow(what);
    const old = mount(disk, { readOnly: true, noload: true, now: TIME });
    expect(Object.keys(ourTree(old))).toContain('last');
    old.unmount();
    return Promise.resolve();
  });
});
