import fc from 'fast-check';
import { opendirSync, linkSync, mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadImage, withImage } from '../../../vfs/disk-image.fixture.ts';
import type { FileSystem } from '../../../vfs/file-system.ts';
import { kernelTest, withKernelMount } from '../../../vfs/kernel-mount.fixture.ts';
import { newDisk, outcome, putFile, testMount } from '../../../vfs/test-mount.fixture.ts';

const ROOMY = 16 * 2 ** 20;

const nameOf = (id: number): string => `${id}${'n'.repeat((id * 37) % 60)}`;

const add = (fs: FileSystem, id: number): string => outcome(() => fs.link('file', `dir/${nameOf(id)}`));
const remove = (fs: FileSystem, id: number): string => outcome(() => fs.unlink(`dir/${nameOf(id)}`));

/** A file system with a directory `dir` of so many names for one file. */
function withNames(count: number, features: readonly string[] = [], sizeBytes = 4 * 2 ** 20): FileSystem {
  const fs = testMount(newDisk(1024, sizeBytes, { features }));
  putFile(fs, 'file');
  fs.mkdir('dir');
  for (let id = 0; id < count; id++) add(fs, id);
  return fs;
}

const SETUPS: [string, string[], 32 | 64][] = [
  ['indexed, positions of 64 bits', [], 64],
  ['indexed, positions of 32 bits', [], 32],
  ['indexed, no checksums', ['^metadata_csum'], 64],
  ['without indexes', ['^dir_index'], 64],
];

/** Between two steps of the reader. */
const step = fc.record({
  adds: fc.array(fc.nat(400), { maxLength: 25 }),
  removes: fc.array(fc.nat(400), { maxLength: 25 }),
  reads: fc.integer({ min: 1, max: 40 }),
  seeksToWhereItIs: fc.boolean(),
});

describe.each(SETUPS)('%s', (_, features, bits) => {
  test('names that are there all the while come exactly once, whatever comes and goes between the steps', () => {
    const sizes = fc.constantFrom(0, 3, 10, 60, 150);
    fc.assert(
      fc.property(sizes, fc.array(step, { maxLength: 30 }), (count, steps) => {
        const fs = withNames(count, features);
        const steady = new Set(Array.from({ length: count }, (_, id) => nameOf(id)));
        const ever = new Set(['.', '..', ...steady]);
        const seen: string[] = [];
        const fd = fs.opendir('dir', bits);
        const read = (size: number): boolean => {
          const entries = fs.getdents(fd, size);
          seen.push(...entries.map(({ name }) => name));
          return entries.length > 0;
        };
        for (const { adds, removes, reads, seeksToWhereItIs } of steps) {
          for (const id of adds) if (add(fs, id) === 'done') ever.add(nameOf(id));
          for (const id of removes) if (remove(fs, id) === 'done') steady.delete(nameOf(id));
          // Several names may share a short position, so that going back to it may show some of them again.
          if (seeksToWhereItIs && bits === 64) fs.seekdir(fd, fs.telldir(fd));
          if (!read(reads)) break;
        }
        while (read(50));
        const counts = new Map<string, number>();
        for (const name of seen) counts.set(name, (counts.get(name) ?? 0) + 1);
        for (const name of steady) expect([name, counts.get(name)]).toEqual([name, 1]);
        for (const name of seen) expect(ever).toContain(name);
        fs.close(fd);
      }),
      { numRuns: 12 },
    );
  });

  test('who has read it before reads what it is now, whatever has come, gone or been replaced', () => {
    const change = fc.record({ what: fc.constantFrom('add', 'remove', 'replace'), id: fc.nat(120) });
    fc.assert(
      fc.property(fc.constantFrom(0, 10, 100), fc.array(change, { maxLength: 20 }), (count, changes) => {
        const fs = withNames(count, features);
        putFile(fs, 'other');
        const ino = fs.lstat('file').ino;
        const expected = new Map(Array.from({ length: count }, (_, id) => [nameOf(id), ino]));
        for (const { what, id } of changes) {
          if (what === 'add' && add(fs, id) === 'done') expected.set(nameOf(id), ino);
          if (what === 'remove' && remove(fs, id) === 'done') expected.delete(nameOf(id));
          if (what === 'replace') {
            fs.link('other', 'one');
            if (outcome(() => fs.rename('one', `dir/${nameOf(id)}`)) === 'done')
              expected.set(nameOf(id), fs.lstat('other').ino);
            outcome(() => fs.unlink('one'));
          }
          const fd = fs.opendir('dir', bits);
          const found = fs.getdents(fd, 1000).filter(({ name }) => !name.startsWith('.'));
          expect(new Map(found.map((entry) => [entry.name, entry.ino]))).toEqual(expected);
          expect(found.length).toBe(expected.size);
          fs.close(fd);
        }
      }),
      { numRuns: 12 },
    );
  });

  test('every position leads to what came behind it', () => {
    for (const count of [10, 90]) {
      const fs = withNames(count, features);
      const fd = fs.opendir('dir', bits);
      const all = fs.getdents(fd, 1000);
      expect(all.length).toBe(count + 2);
      const names = all.map(({ name }) => name);
      all.forEach(({ next }, index) => {
        fs.seekdir(fd, next);
        expect(fs.getdents(fd, 1000).map(({ name }) => name)).toEqual(names.slice(index + 1));
      });
      fs.seek(fd, 0, 'set');
      expect(fs.getdents(fd, 1000)).toEqual(all);
      expect(fs.getdents(fd, 1000)).toEqual([]);
      fs.close(fd);
    }
  });
});

test('a position of 64 bits is half the major hash and the minor one, 32 bits have only the first', () => {
  // debugfs 1.47.0: dx_hash -h half_md4 -s 09090909-0909-0909-0909-090909090909 hello
  const known = { major: 0x2faaa642, minor: 0x380a1784 };
  const fs = withNames(60);
  fs.link('file', 'dir/hello');
  for (const [bits, expected, end] of [
    [64, { high: known.major / 2, low: known.minor }, { high: 0x7fffffff, low: 0xffffffff }],
    [32, { high: 0, low: known.major / 2 }, { high: 0, low: 0x7fffffff }],
  ] as const) {
    const fd = fs.opendir('dir', bits);
    const entries = fs.getdents(fd, 1000);
    const index = entries.findIndex(({ name }) => name === 'hello');
    expect(entries[index - 1]?.next).toEqual(expected);
    expect(fs.telldir(fd)).toEqual(end);
  }
});

test('a removed directory has nothing to read, a file is no directory', () => {
  const fs = withNames(0);
  const fd = fs.opendir('dir');
  fs.rmdir('dir');
  expect(outcome(() => fs.getdents(fd, 1))).toBe('ENOENT');
  const file = fs.open('file', { access: 'read' });
  expect(outcome(() => fs.getdents(file, 1))).toBe('ENOTDIR');
  expect(outcome(() => fs.opendir('file'))).toBe('ENOTDIR');
});

/** The names in the order in which the kernel gives them. */
function kernelOrder(folder: string): string[] {
  const names: string[] = [];
  const handle = opendirSync(folder);
  for (let entry = handle.readSync(); entry !== null; entry = handle.readSync()) names.push(entry.name);
  handle.closeSync();
  return names;
}

describe.each(SETUPS.slice(2))('the order is the kernel`s: %s', (_, features) => {
  kernelTest('in directories of one block and of many', async () => {
    await withImage(newDisk(1024, ROOMY, { features }), async (image) => {
      const theirs = await withKernelMount(image, (root) => {
        writeFileSync(join(root, 'file'), '');
        return [10, 800].map((count) => {
          const folder = join(root, `dir${count}`);
          mkdirSync(folder);
          for (let id = 0; id < count; id++) linkSync(join(root, 'file'), join(folder, nameOf(id)));
          for (let id = 0; id < count; id += 7) unlinkSync(join(folder, nameOf(id)));
          return kernelOrder(folder);
        });
      });
      const disk = await loadImage(image);
      const ours = testMount(disk);
      const orders = [10, 800].map((count) => {
        const fd = ours.opendir(`dir${count}`);
        return ours
          .getdents(fd, 5000)
          .map(({ name }) => name)
          .filter((name) => name !== '.' && name !== '..');
      });
      expect(orders).toEqual(theirs);
    });
  });
});
