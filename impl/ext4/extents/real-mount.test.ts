import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bio, BioStatus } from '../../block/bio.ts';
import type { BlockDevice } from '../../block/block-device.ts';
import type { MemoryDisk } from '../../block/memory-disk.ts';
import { Failure } from '../../lib/errno.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { mapBlocks, type MapMode } from '../mapping/map-blocks.ts';
import { markInodeDirty } from '../inode/inode-table.ts';
import { removeBlocks, truncateBlocks } from '../mapping/truncate-blocks.ts';
import { readTree } from './check-tree.ts';
import { mapCredits } from '../mapping/block-map.ts';
import { debugfsExtents, e2fsck, logOf, newDisk, realMount, type RealMount } from './real-mount.fixture.ts';

const MiB = 2 ** 20;

function* withHandle<T>(
  { sb }: RealMount,
  credits: number,
  body: (handle: Handle) => Sleepable<T>,
): Sleepable<T> {
  const handle = yield* sb.journal.start(credits);
  try {
    return yield* body(handle);
  } finally {
    yield* handle.stop();
  }
}

function map(mount: RealMount, from: number, length: number, mode: MapMode): void {
  for (let at = from; at < from + length;) {
    const credits = mapCredits(mount.inode, length);
    const body = withHandle(mount, credits, (handle) =>
      mapBlocks(handle, mount.inode, at, from + length - at, mode),
    );
    at += mount.run(body).length;
  }
}

/** Every second block, each an extent of its own. */
function comb(mount: RealMount, from: number, count: number, mode: MapMode): void {
  for (let index = 0; index < count; index++) map(mount, from + 2 * index, 1, mode);
}

function setSize(mount: RealMount, blocks: number): void {
  const { inode } = mount;
  inode.size = blocks * inode.blockSize;
  inode.diskSize = Math.max(inode.diskSize, inode.size);
  mount.run(withHandle(mount, 4, (handle) => markInodeDirty(handle, inode)));
}

const step = fc.record({
  kind: fc.constantFrom('map', 'comb', 'remove', 'truncate'),
  mode: fc.constantFrom<MapMode>('create', 'create-unwritten', 'convert'),
  from: fc.nat(1200),
  length: fc.integer({ min: 1, max: 500 }),
});

test.each([1024, 4096] as const)(
  'e2fsck finds nothing, and debugfs the same extents (blocks of %i)',
  (blockSize) => {
    const fresh = newDisk(blockSize, (blockSize === 1024 ? 3 : 12) * MiB);
    fc.assert(
      fc.property(fc.array(step, { minLength: 3, maxLength: 10 }), (steps) => {
        const disk = fresh.snapshot();
        const mount = realMount(disk);
        setSize(mount, 2500);
        for (const { kind, mode, from, length } of steps) {
          try {
            if (kind === 'map') map(mount, from, length, mode);
            else if (kind === 'comb') comb(mount, from, length, mode);
            else if (kind === 'remove') mount.run(removeBlocks(mount.inode, from, from + length));
            else {
              setSize(mount, from);
              mount.run(truncateBlocks(mount.inode));
              setSize(mount, 2500);
            }
          } catch (error) {
            // The small disk may fill up; freed blocks wait for a commit.
            expect(error).toEqual(new Failure('ENOSPC'));
          }
        }
        const { extents } = mount.run(readTree(mount.inode));
        mount.unmount();
        expect(e2fsck(disk)).toBe('clean');
        const expected = extents.map((extent) => [
          extent.logical,
          extent.length,
          extent.physical,
          extent.unwritten,
        ]);
        expect(debugfsExtents(disk)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  },
);

/** Keeps the disk as it was before each write that matters to recovery. */
class Recorder implements BlockDevice {
  readonly sectors: number;
  readonly states: MemoryDisk[] = [];
  recording = false;
  readonly #disk: MemoryDisk;

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
    this.sectors = disk.sectors;
  }

  submit(bio: Bio, endIo: (status: BioStatus) => void): void {
    if (this.recording && bio.direction === 'write') this.states.push(this.#disk.snapshot());
    this.#disk.submit(bio, endIo);
  }
}

describe('a power cut during a long truncation', () => {
  test('leaves a file that recovery makes as long or as short as it should be', () => {
    const disk = newDisk(1024, 8 * MiB);
    const recorder = new Recorder(disk);
    const mount = realMount(recorder);
    setSize(mount, 3000);
    comb(mount, 0, 1400, 'create');
    mount.run(logOf(mount.sb).flush());
    recorder.recording = true;
    mount.inode.size = 20 * 1024;
    mount.run(truncateBlocks(mount.inode));
    const tidAfter = logOf(mount.sb).runningTid;
    mount.unmount();
    expect(tidAfter).toBeGreaterThan(0);
    expect(recorder.states.length).toBeGreaterThan(4);
    let [whole, cut] = [0, 0];
    const every = Math.ceil(recorder.states.length / 25);
    for (const [index, state] of recorder.states.entries()) {
      if (index % every !== 0) continue;
      const again = realMount(state);
      const { extents } = again.run(readTree(again.inode));
      if (again.inode.size === 3000 * 1024) {
        whole++;
        expect(extents).toHaveLength(1400);
      } else {
        cut++;
        expect(again.inode.size).toBe(20 * 1024);
        expect(extents).toHaveLength(10);
      }
      again.unmount();
      expect(e2fsck(state)).toBe('clean');
    }
    expect(whole).toBeGreaterThan(0);
    expect(cut).toBeGreaterThan(0);
  });
});
