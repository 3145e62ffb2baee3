import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { RecordingDisk } from '../jbd2/test-disk.ts';
import type { FileSystem } from '../vfs/file-system.ts';
import { mount, type MountRequest } from '../vfs/mount.ts';
import { e2fsck } from './e2fsprogs.fixture.ts';
import { logOf } from './extents/real-mount.fixture.ts';
import { newDisk } from './test-mount.fixture.ts';

const TIME = { seconds: 1_700_001_000, nanoseconds: 0 };
const BLOCK = 1024;
const COMMITS = 8;

interface Log {
  readonly disk: MemoryDisk;
  /** Device blocks that the log uses, in order. */
  readonly blocks: readonly number[];
}

/** Eight transactions, each of which makes one directory and moves one file: no other state of the names is right. */
function logged(features: readonly string[], request: MountRequest, wraps = false): Log {
  const disk = newDisk({ features });
  const fs = mount(disk, { now: TIME, ...request });
  if (wraps) fillToTheEnd(fs);
  fs.mkdir('/at0');
  for (let index = 1; index <= COMMITS; index++) {
    const fd = fs.open(`/at${index - 1}/file`, { access: 'write', create: true });
    fs.write(fd, new Uint8Array(2000).fill(index));
    fs.close(fd);
    fs.rename(`/at${index - 1}`, `/at${index}`);
    fs.mkdir(`/t${index}`);
    fs.sync();
  }
  const { area } = logOf(fs.sb).state;
  expect(area.head < area.tail).toBe(wraps);
  const length = area.distance(area.tail, area.head);
  const blocks = Array.from({ length }, (_, index) =>
    area.deviceBlock(area.first + ((area.tail - area.first + index) % area.size)),
  );
  return { disk, blocks };
}

/** Older transactions up to the last blocks of the ring, all of them checkpointed: the next ones go on at its start. */
function fillToTheEnd(fs: FileSystem): void {
  const { area } = logOf(fs.sb).state;
  while (area.end - area.head > 20) {
    fs.mkdir('/filler');
    fs.sync();
    fs.rmdir('/filler');
    fs.sync();
  }
  fs.freeze();
  fs.thaw();
}

/** How many transactions the tree shows; fails if it is no state between two of them. */
function prefixOf(disk: MemoryDisk): number {
  const fs = mount(disk, { now: TIME });
  const names = fs
    .readdir('/')
    .map(({ name }) => name)
    .sort();
  const count = names.filter((name) => name.startsWith('t')).length;
  const made = Array.from({ length: count }, (_, index) => `t${index + 1}`);
  const files = Array.from({ length: count }, () => 'file').slice(0, 1);
  expect(names).toEqual([...(count > 0 ? [`at${count}`] : []), 'lost+found', ...made]);
  if (count > 0) expect(fs.readdir(`/at${count}`).map(({ name }) => name)).toEqual(files);
  fs.unmount();
  return count;
}

/** What may lie beyond the place where the log was cut. */
const TAILS: Readonly<Record<string, (log: Log, from: number) => Uint8Array>> = {
  zeros: () => new Uint8Array(BLOCK),
  garbage: (_, from) =>
    Uint8Array.from({ length: BLOCK }, (_byte, index) => (index * 193 + from * 71) & 0xff),
  // Blocks of older transactions, as a log that wrapped holds them.
  'old blocks': ({ disk, blocks }, from) => {
    const data = new Uint8Array(BLOCK);
    disk.read((blocks[(from * 7) % Math.max(1, Math.min(from, 12))] ?? 0) * BLOCK, data);
    return data;
  },
};

describe.each([
  ['checksums of version 3', [], {}],
  ['checksums of version 1', ['^metadata_csum'], { journalChecksum: true }],
  ['no checksums', ['^metadata_csum', '^64bit'], {}],
  ['a log that has gone round', [], {}, true],
  ['a log without checksums that has gone round', ['^metadata_csum'], {}, true],
  ['journalled data', [], { data: 'journal' }],
  ['an orphan file, contents in inodes, clusters', ['orphan_file', 'inline_data', 'bigalloc'], {}],
] as [string, string[], MountRequest, boolean?][])('%s', (_, features, request, wraps) => {
  const log = logged(features, request, wraps);

  test.each(Object.keys(TAILS))(
    'cut at every block, with %s beyond, the log gives a committed prefix',
    async (kind) => {
      const counts: number[] = [];
      for (let cut = 0; cut <= log.blocks.length; cut++) {
        const disk = log.disk.snapshot();
        for (const [index, block] of log.blocks.entries()) {
          if (index >= cut) disk.write(block * BLOCK, TAILS[kind]?.(log, index) ?? new Uint8Array(BLOCK));
        }
        counts.push(prefixOf(disk));
        if (cut % 16 === 5) {
          const { clean, output } = await e2fsck(disk);
          expect(clean, output).toBe(true);
        }
      }
      expect(counts[0]).toBe(0);
      expect(counts[counts.length - 1]).toBe(COMMITS);
      expect(counts).toEqual([...counts].sort((left, right) => left - right));
      expect(new Set(counts).size).toBe(COMMITS + 1);
    },
  );

  test('a block that arrived in half is as good as none, for descriptors and commit blocks', () => {
    for (let cut = 0; cut < log.blocks.length; cut++) {
      const disk = log.disk.snapshot();
      const block = log.blocks[cut] ?? 0;
      disk.write(block * BLOCK, new Uint8Array(BLOCK / 2));
      for (const later of log.blocks.slice(cut + 1)) disk.write(later * BLOCK, new Uint8Array(BLOCK));
      expect(prefixOf(disk)).toBeLessThan(COMMITS);
    }
  });
});

test('recovery cut short at every write, and then repeated, comes to the same blocks', async () => {
  const { disk } = logged([], {});
  const recording = new RecordingDisk(disk);
  mount(recording, { readOnly: true, now: TIME }).unmount();
  const whole = recording.snapshot();
  expect(recording.writes.length).toBeGreaterThan(4);
  for (let count = 0; count <= recording.writes.length; count++) {
    // Whole writes: half a superblock would not be mounted by anybody.
    const cut = recording.cut(count, () => count % 2 === 0);
    mount(cut, { readOnly: true, now: TIME }).unmount();
    expect(sameBlocks(cut, whole)).toEqual([]);
  }
  const { clean, output } = await e2fsck(whole);
  expect(clean, output).toBe(true);
});

test('a second recovery finds nothing to do', () => {
  const { disk } = logged([], {});
  mount(disk, { readOnly: true, now: TIME }).unmount();
  const recording = new RecordingDisk(disk);
  const again = mount(recording, { readOnly: true, now: TIME });
  expect(again.notices).toEqual([]);
  again.unmount();
  expect(recording.writes).toEqual([]);
});

/** Blocks that differ, without the journal's superblock: its ids go on with every recovery. */
function sameBlocks(left: MemoryDisk, right: MemoryDisk): number[] {
  const fs = mount(right.snapshot(), { readOnly: true, now: TIME });
  const own = logOf(fs.sb).state.area.deviceBlock(0);
  fs.unmount();
  const data = [new Uint8Array(BLOCK), new Uint8Array(BLOCK)] as const;
  const found: number[] = [];
  for (let block = 0; block < left.sizeBytes / BLOCK; block++) {
    left.read(block * BLOCK, data[0]);
    right.read(block * BLOCK, data[1]);
    if (block !== own && Buffer.compare(data[0], data[1]) !== 0) found.push(block);
  }
  return found;
}
