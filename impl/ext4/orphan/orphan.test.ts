import fc from 'fast-check';
import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../../block/memory-disk.ts';
import { Corruption } from '../../lib/corruption.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { e2fsck, inDirectory, debugfs, load, save } from '../e2fsprogs.fixture.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import type { Inode } from '../inode/inode.ts';
import { statfs } from '../super/statfs.ts';
import { newDisk, TestMount } from '../test-mount.fixture.ts';

const FILE = 0x81a4;

/** A file that is open and has no name (O_TMPFILE). */
function* createUnlinked(mounted: TestMount, handle: Handle): Sleepable<Inode> {
  const inode = yield* mounted.sb.inodes.create(handle, null, FILE, 0, 0);
  inode.links = 0;
  yield* mounted.sb.orphans.add(handle, inode);
  yield* markInodeDirty(handle, inode);
  return inode;
}

async function expectClean(disk: MemoryDisk): Promise<void> {
  const { clean, output } = await e2fsck(disk);
  expect(clean, output).toBe(true);
}

/** Mounts the disk as a power cut left it, and unmounts: recovery and orphans are done with. */
function recover(image: MemoryDisk): ReturnType<typeof statfs> {
  const mounted = new TestMount(image);
  expect(mounted.sb.orphans.isEmpty).toBe(true);
  const numbers = statfs(mounted.sb);
  mounted.unmount();
  return numbers;
}

describe.each([
  ['list', false],
  ['file', true],
])('orphans in the %s', (_, orphanFile) => {
  test('leave in any order; after a power cut the rest is deleted', async () => {
    const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 0, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(order, async (closed) => {
        const disk = newDisk({ features: orphanFile ? ['orphan_file'] : [] });
        const mounted = new TestMount(disk);
        const initially = statfs(mounted.sb);
        const files = [0, 1, 2, 3, 4, 5].map(() =>
          mounted.update((handle) => createUnlinked(mounted, handle)),
        );
        expect(mounted.sb.raw.lastOrphan !== 0).toBe(!orphanFile);
        for (const index of closed) {
          const inode = files[index];
          if (inode !== undefined) mounted.run(mounted.sb.inodes.put(inode));
        }
        expect(statfs(mounted.sb).inodesFree).toBe(initially.inodesFree - 6 + closed.length);
        mounted.commit();
        const image = disk.snapshot();
        expect(recover(image)).toEqual(initially);
        await expectClean(image);
      }),
      { numRuns: 12 },
    );
  });

  test('a truncation that a power cut stopped is finished', async () => {
    await inDirectory(async (path) => {
      save(newDisk({ features: orphanFile ? ['orphan_file'] : [] }), path('image'));
      await writeFile(path('contents'), new Uint8Array(50_000).fill(1));
      await debugfs(path('image'), `write ${path('contents')} name`, true);
      const disk = load(path('image'));
      const before = new TestMount(disk);
      const inode = before.run(before.sb.inodes.get(orphanFile ? 13 : 12));
      expect(inode.links).toBe(1);
      const freeBefore = statfs(before.sb).blocksFree;
      const blocks = inode.sectors / 2;
      before.update(function* (handle) {
        yield* before.sb.orphans.add(handle, inode);
        inode.size = inode.diskSize = 3000;
        yield* markInodeDirty(handle, inode);
      });
      before.commit();
      const image = disk.snapshot();
      expect(recover(image).blocksFree).toBe(freeBefore + blocks - 3);
      await expectClean(image);
      // Behind the new end the last block holds nothing of what was cut off.
      save(image, path('image'));
      const block = Number(await debugfs(path('image'), `bmap <${inode.ino}> 2`));
      const data = new Uint8Array(1024);
      image.read(block * 1024, data);
      expect(data.every((byte, index) => byte === (index < 3000 - 2048 ? 1 : 0))).toBe(true);
    });
  });
});

test('an orphan that is no inode in use is corruption', () => {
  const disk = newDisk();
  const mounted = new TestMount(disk);
  mounted.update(function* (handle) {
    yield* handle.getWriteAccess(mounted.sb.buffer);
    mounted.sb.raw.lastOrphan = 500;
    handle.dirtyMetadata(mounted.sb.buffer);
  });
  mounted.commit();
  expect(() => new TestMount(disk.snapshot())).toThrow(Corruption);
  expect(() => new TestMount(disk.snapshot())).toThrow(/s_last_orphan: inode is 500/);
});
