import fc from 'fast-check';
import { linkSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../../block/memory-disk.ts';
import { Failure } from '../../lib/errno.ts';
import { e2fsck, withImage } from '../../vfs/disk-image.fixture.ts';
import type { FileSystem } from '../../vfs/file-system.ts';
import { kernelTest, withKernelMount } from '../../vfs/kernel-mount.fixture.ts';
import { newDisk, outcome, putFile, testMount } from '../../vfs/test-mount.fixture.ts';
import { DX_ROOT_COUNT_OFFSET, DX_ROOT_INFO_OFFSET } from '../layout/directory-index.ts';
import { TestMount } from '../test-mount.fixture.ts';
import { readDirectoryBlock } from './io.ts';

const NAMES = 100;

/** Long enough that 100 names need an index of two levels with blocks of 1024 bytes. */
const nameOf = (id: number): string => `${id}`.padEnd(200, '.');

function indexed(features: readonly string[], paths: readonly string[] = ['dir']): MemoryDisk {
  const disk = newDisk(1024, 4 * 2 ** 20, { features });
  const fs = testMount(disk);
  putFile(fs, 'file');
  for (const path of paths) {
    fs.mkdir(path);
    for (let id = 0; id < NAMES; id++) fs.link('file', `${path}/${nameOf(id)}`);
  }
  fs.unmount();
  return disk;
}

/** Changes the root of the index of a directory; it gets a right checksum. */
function damage(disk: MemoryDisk, path: string, change: (view: DataView) => void): void {
  const fs = testMount(disk);
  const { ino } = fs.stat(path);
  fs.unmount();
  const mounted = new TestMount(disk);
  mounted.update(function* (handle) {
    const dir = yield* mounted.sb.inodes.get(ino);
    const buffer = yield* readDirectoryBlock(dir, 0);
    yield* handle.getWriteAccess(buffer);
    change(buffer.view);
    handle.dirtyMetadata(buffer);
    yield* mounted.sb.inodes.put(dir);
  });
  mounted.unmount();
}

const LIMIT = DX_ROOT_COUNT_OFFSET;
const COUNT = DX_ROOT_COUNT_OFFSET + 2;
const FIRST_BLOCK = DX_ROOT_COUNT_OFFSET + 4;

const DAMAGES: [string, (view: DataView) => void][] = [
  ['no damage', () => undefined],
  ['a hash that nobody knows', (view) => view.setUint8(DX_ROOT_INFO_OFFSET + 4, 9)],
  ['a flag that nobody knows', (view) => view.setUint8(DX_ROOT_INFO_OFFSET + 7, 1)],
  ['more levels than there may be', (view) => view.setUint8(DX_ROOT_INFO_OFFSET + 6, 2)],
  ['a level that is not there', (view) => view.setUint8(DX_ROOT_INFO_OFFSET + 6, 1)],
  ['another limit', (view) => view.setUint16(LIMIT, view.getUint16(LIMIT, true) - 1, true)],
  ['no entries', (view) => view.setUint16(COUNT, 0, true)],
  ['an entry that leads back to the root', (view) => view.setUint32(FIRST_BLOCK, 0, true)],
  ['an entry that leads out of the directory', (view) => view.setUint32(FIRST_BLOCK, 5000, true)],
];

/** Stat of a name behind the first entry, all names, and a new name: answers or errnos, the same words for ours and theirs. */
interface Answers {
  readonly stat: string;
  readonly names: string | number;
  readonly link: string;
}

function ask(stat: () => string, names: () => string | number, link: () => string): Answers {
  return { stat: stat(), names: names(), link: link() };
}

/** Does the name stand behind the first entry of the index? Its hash is among the smallest. */
function firstName(fs: FileSystem): string {
  const encode = new TextEncoder();
  const majors = Array.from({ length: NAMES }, (_, id) => nameOf(id)).map(
    (name) => [name, fs.sb.directoryHash.of(1, encode.encode(name)).major] as const,
  );
  return majors.reduce((least, one) => (one[1] < least[1] ? one : least))[0];
}

/** A new name that belongs behind the first entry, too. */
function newName(fs: FileSystem): string {
  const encode = new TextEncoder();
  for (let id = 0; ; id++) {
    const name = `new${id}`;
    if (fs.sb.directoryHash.of(1, encode.encode(name)).major < 0x1000000) return name;
  }
}

/** Ours, and that the whole directory can be read step by step or not at all. */
function ourAnswers(fs: FileSystem, path = 'dir'): Answers {
  const names = (): string | number => {
    const fd = fs.opendir(path);
    let count = 0;
    const answer = outcome(() => {
      for (let found = fs.getdents(fd, 7); found.length > 0; found = fs.getdents(fd, 7)) {
        count += found.length;
        if (count > 10_000) throw new Error('reading the directory does not come to an end');
      }
    });
    fs.close(fd);
    return answer === 'done' ? count - 2 : answer;
  };
  return ask(
    () => outcome(() => fs.stat(`${path}/${firstName(fs)}`)),
    names,
    () => outcome(() => fs.link('file', `${path}/${newName(fs)}`)),
  );
}

/** Node.js has no names for EUCLEAN, and for EBADMSG only sometimes. */
const DAMAGE: ReadonlyMap<number, string> = new Map([
  [-117, 'EUCLEAN'],
  [-74, 'EBADMSG'],
]);

function kernelOutcome(call: () => unknown): string {
  try {
    call();
    return 'done';
  } catch (error) {
    const { code = '', errno = 0 } = error as { code?: string; errno?: number };
    return DAMAGE.get(errno) ?? code;
  }
}

function kernelAnswers(root: string, path: string, known: string, fresh: string): Answers {
  const folder = join(root, path);
  const names = (): string | number => {
    let count = 0;
    const answer = kernelOutcome(() => (count = readdirSync(folder).length));
    return answer === 'done' ? count : answer;
  };
  return ask(
    () => kernelOutcome(() => statSync(join(folder, known))),
    names,
    () => kernelOutcome(() => linkSync(join(root, 'file'), join(folder, fresh))),
  );
}

describe.each([
  ['with checksums', []],
  ['without checksums', ['^metadata_csum']],
])('a damaged index %s', (_, features) => {
  test.each(DAMAGES)('%s: names are found without it, or it is named', (_, change) => {
    const disk = indexed(features);
    damage(disk, 'dir', change);
    const fs = testMount(disk, { errors: 'continue' });
    const { stat, names, link } = ourAnswers(fs);
    expect(['done', 'EUCLEAN']).toContain(stat);
    expect([NAMES, 'EUCLEAN']).toContain(names);
    expect(['done', 'EUCLEAN']).toContain(link);
    if ([stat, names, link].includes('EUCLEAN')) expect(fs.corruption?.structure).toMatch(/dx_|directory/);
    expect(fs.readdir('dir').length).toBe(link === 'done' ? NAMES + 1 : NAMES);
    fs.unmount();
  });

  test.each(DAMAGES.slice(1, 4))(
    '%s: a linear directory is what remains, or nothing changes',
    async (_, change) => {
      const disk = indexed(features);
      damage(disk, 'dir', change);
      const fs = testMount(disk, { errors: 'continue' });
      const made = outcome(() => fs.link('file', 'dir/new'));
      expect(made).toBe(features.length > 0 ? 'done' : 'EUCLEAN');
      for (let id = 0; id < NAMES; id++) fs.stat(`dir/${nameOf(id)}`);
      fs.unmount();
      if (made === 'done') expect(await e2fsck(disk)).toBe('clean');
    },
  );

  kernelTest('answers as the kernel does', async () => {
    const paths = DAMAGES.map((_, index) => `dir${index}`);
    const disk = indexed(features, paths);
    DAMAGES.forEach(([, change], index) => damage(disk, `dir${index}`, change));
    await withImage(disk, async (image) => {
      const fs = testMount(disk, { errors: 'continue' });
      const ours = paths.map((path) => ourAnswers(fs, path));
      const theirs = await withKernelMount(
        image,
        (root) => paths.map((path) => kernelAnswers(root, path, firstName(fs), newName(fs))),
        ['errors=continue'],
      );
      expect(ours).toEqual(theirs);
    });
  });

  test('whatever stands in the blocks of an index, looking and adding come to an end', () => {
    const image = indexed(features);
    const word = fc.oneof(fc.nat(40), fc.nat(0xffff), fc.nat(0xffffffff));
    const changes = fc.array(fc.record({ at: fc.nat(200), word }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(changes, (list) => {
        const disk = image.snapshot();
        damage(disk, 'dir', (view) => {
          // The checksum is written where the limit says, so that one stays.
          for (const { at, word: value } of list) {
            const offset = DX_ROOT_INFO_OFFSET + at;
            if (offset < LIMIT - 4 || offset > COUNT + 1) view.setUint32(offset, value, true);
            else view.setUint16(COUNT, value % 124, true);
          }
        });
        const fs = testMount(disk, { errors: 'continue' });
        try {
          ourAnswers(fs);
          for (let id = 0; id < 10; id++) fs.link('file', `dir/${nameOf(NAMES + id)}`);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
        fs.unmount();
      }),
      { numRuns: 60 },
    );
  });
});
