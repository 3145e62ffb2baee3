import { closeSync, openSync, readSync, writeSync, ftruncateSync } from 'node:fs';
import { execa } from 'execa';
import { file as temporaryFile } from 'tmp-promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BlockRuns } from '../block/block-runs.ts';
import { MemoryDisk } from '../block/memory-disk.ts';
import { BufferCache } from '../buffer/buffer-cache.ts';
import { crc32c } from '../lib/crc32c.ts';
import { Scheduler } from '../sched/scheduler.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { Journal } from './journal.ts';
import { NO_FAST_COMMITS, RecordingDisk } from './test-disk.ts';

/** What e2fsprogs 1.47 makes of our logs, and we of its. */
const SUPERBLOCK = 1024;
const NEEDS_RECOVERY = 0x4;
const MAGIC = [0xc0, 0x3b, 0x39, 0x98];

interface Image {
  readonly path: string;
  readonly blockSize: number;
  readonly checksums: boolean;
  readonly sixtyFourBit: boolean;
  /** The device blocks of the journal, from debugfs. */
  readonly journal: number[];
  /** Free blocks, for us to scribble on. */
  readonly free: number[];
  remove(): Promise<void>;
}

async function makeImage(blockSize: number, features: string): Promise<Image> {
  const { path, cleanup } = await temporaryFile();
  await execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', `${blockSize}`, '-O', features, path, '16M']);
  const { stdout: blocks } = await execa('debugfs', ['-R', 'blocks <8>', path]);
  const { stdout: free } = await execa('debugfs', ['-R', 'ffb 200', path]);
  return {
    path,
    blockSize,
    checksums: !features.includes('^metadata_csum'),
    sixtyFourBit: !features.includes('^64bit'),
    journal: blocks.trim().split(/\s+/).map(Number),
    free: free.replace(/.*:/, '').trim().split(/\s+/).map(Number),
    remove: cleanup,
  };
}

function load(path: string): MemoryDisk {
  const descriptor = openSync(path, 'r');
  try {
    return MemoryDisk.load(16 * 2 ** 20, (offset, target) =>
      readSync(descriptor, target, 0, target.length, offset),
    );
  } finally {
    closeSync(descriptor);
  }
}

function store(path: string, disk: MemoryDisk): void {
  const descriptor = openSync(path, 'w');
  try {
    for (const { offset, pages } of disk.extents()) {
      for (const [index, page] of pages.entries())
        writeSync(descriptor, page, 0, page.length, offset + index * 4096);
    }
    ftruncateSync(descriptor, disk.sizeBytes);
  } finally {
    closeSync(descriptor);
  }
}

/** What a mount does to the file system's superblock before it uses the journal. */
function setNeedsRecovery(disk: MemoryDisk, checksums: boolean): void {
  const data = new Uint8Array(1024);
  disk.read(SUPERBLOCK, data);
  const view = new DataView(data.buffer);
  view.setUint32(0x60, view.getUint32(0x60, true) | NEEDS_RECOVERY, true);
  if (checksums) view.setUint32(0x3fc, crc32c(0xffffffff, data.subarray(0, 0x3fc)), true);
  disk.write(SUPERBLOCK, data);
}

function openJournal(
  image: Image,
  device: RecordingDisk,
): { scheduler: Scheduler; cache: BufferCache; journal: Journal } {
  const scheduler = new Scheduler();
  const cache = new BufferCache(device, image.blockSize);
  const { blockSize, checksums, sixtyFourBit } = image;
  const blocks = BlockRuns.of(...image.journal.map((start) => ({ start, length: 1 })));
  const now = () => ({ seconds: 1_700_000_000, nanoseconds: 42 });
  const options = {
    scheduler,
    cache,
    blockSize,
    blocks,
    checksums,
    transactionChecksums: false,
    sixtyFourBit,
    fastCommits: false,
    uuid: new Uint8Array(16),
    *abortNoticed() {
      // Nobody to tell.
    },
    now,
  };
  const journal = scheduler.run('open', Journal.open({ ...options, faults: new Set() }));
  return { scheduler, cache, journal };
}

/** Contents that differ from block to block; every third starts with the log's magic number. */
function contents(blockSize: number, seed: number): Uint8Array {
  const data = Uint8Array.from({ length: blockSize }, (_, index) => (seed * 31 + index * 7) & 0xff);
  if (seed % 3 === 0) data.set(MAGIC);
  return data;
}

function homeBlock(disk: MemoryDisk, image: Image, block: number): Uint8Array {
  const data = new Uint8Array(image.blockSize);
  disk.read(block * image.blockSize, data);
  return data;
}

const VARIANTS: [blockSize: number, features: string][] = [
  [1024, 'metadata_csum,64bit'],
  [1024, '^metadata_csum,^64bit'],
  [4096, 'metadata_csum,64bit'],
  [2048, '^metadata_csum,64bit'],
];

describe.each(VARIANTS)('blocks of %i bytes, %s', (blockSize, features) => {
  let image: Image;

  beforeAll(async () => {
    image = await makeImage(blockSize, features);
    expect(image.journal.length).toBeGreaterThanOrEqual(1024);
    expect(image.free.length).toBe(200);
  });

  afterAll(async () => {
    await image.remove();
  });

  test('e2fsck replays our log: data, escapes, revokes, and nothing that was not committed', async () => {
    const recording = new RecordingDisk(load(image.path));
    const { scheduler, cache, journal } = openJournal(image, recording);
    expect(journal.needsRecovery).toBe(false);
    scheduler.run('begin', journal.begin());
    const expected = new Map<number, Uint8Array>();
    function* write(blocks: readonly number[], seed: number): Sleepable<void> {
      const handle = yield* journal.start(blocks.length);
      for (const block of blocks) {
        const buffer = cache.getblk(block);
        yield* handle.getCreateAccess(buffer);
        buffer.data.set(contents(blockSize, seed + block));
        handle.dirtyMetadata(buffer);
      }
      yield* handle.stop();
    }
    function* revoke(blocks: readonly number[]): Sleepable<void> {
      const handle = yield* journal.start(1);
      for (const block of blocks) yield* handle.revoke(block, null);
      yield* handle.stop();
    }
    function commit(body: Sleepable<void>): void {
      scheduler.run('update', body);
      scheduler.run('commit', journal.forceCommit());
    }
    const { free } = image;
    const before = load(image.path);
    // More than one descriptor block holds, then one block more than once.
    commit(write(free.slice(0, 180), 1));
    commit(write(free.slice(10, 20), 2));
    // Revoked for good, and revoked but written again afterwards.
    commit(revoke(free.slice(20, 40)));
    commit(write(free.slice(30, 32), 3));
    commit(write([], 0));
    scheduler.run('never committed', write(free.slice(190, 195), 4));
    for (const block of free) expected.set(block, homeBlock(before, image, block));
    for (const block of free.slice(0, 180)) expected.set(block, contents(blockSize, 1 + block));
    for (const block of free.slice(10, 20)) expected.set(block, contents(blockSize, 2 + block));
    for (const block of free.slice(20, 40)) expected.set(block, homeBlock(before, image, block));
    for (const block of free.slice(30, 32)) expected.set(block, contents(blockSize, 3 + block));

    const crashed = recording.snapshot();
    for (const block of free.slice(0, 20)) {
      expect(homeBlock(crashed, image, block)).toEqual(homeBlock(before, image, block));
    }
    setNeedsRecovery(crashed, image.checksums);
    const { path, cleanup } = await temporaryFile();
    try {
      store(path, crashed);
      const { stdout: log } = await execa('debugfs', ['-R', 'logdump -a', path]);
      expect(log).toContain(`Revoke FS block ${free[25] ?? ''}`);
      expect(log.match(/type 2 \(commit block\)/g)?.length).toBe(5);
      const { stdout } = await execa('e2fsck', ['-fy', path], { reject: false });
      expect(stdout).not.toMatch(/corrupt|error|invalid|fix/i);
      const replayed = load(path);
      const wrong = free.filter((block) => {
        const wanted = expected.get(block);
        return wanted === undefined || Buffer.compare(homeBlock(replayed, image, block), wanted) !== 0;
      });
      expect(wrong).toEqual([]);
      const second = await execa('e2fsck', ['-fn', path], { reject: false });
      expect(second.exitCode).toBe(0);
    } finally {
      await cleanup();
    }
  });

  test.each(journalKinds())('we replay a log that debugfs wrote (%s)', async (_, open) => {
    const { path, cleanup } = await temporaryFile();
    const data = await temporaryFile();
    try {
      store(path, load(image.path));
      const { free } = image;
      const first = free.slice(0, 100);
      const bytes = Buffer.concat(first.map((block) => contents(blockSize, block)));
      const descriptor = openSync(data.path, 'w');
      writeSync(descriptor, bytes);
      closeSync(descriptor);
      const ranges = first.join(',');
      const again = `${free[0] ?? ''}`;
      // A transaction of revokes alone gets a checksum of version 1 from debugfs 1.47.0 that is wrong; see the last test.
      const revokesToo = image.checksums || !open.includes('-c');
      const commands = [
        open,
        `jw -b ${ranges} ${data.path}`,
        revokesToo ? `jw -r ${free.slice(5, 9).join(',')}` : '',
        `jw -b ${again} /dev/zero`,
        'jc',
      ];
      await execa('debugfs', ['-w', '-f', '-', path], { input: commands.filter(Boolean).join('\n') });
      const before = load(path);
      const recording = new RecordingDisk(before);
      const { scheduler, journal } = openJournal(image, recording);
      expect(journal.needsRecovery).toBe(true);
      scheduler.run('recover', journal.recover(NO_FAST_COMMITS));
      const replayed = recording.snapshot();
      const wrong = free.filter((block, index) => {
        const revoked = revokesToo && index >= 5 && index < 9;
        const logged = index < 100 && !revoked;
        const wanted =
          index === 0
            ? new Uint8Array(blockSize)
            : logged
              ? contents(blockSize, block)
              : homeBlock(before, image, block);
        return Buffer.compare(homeBlock(replayed, image, block), wanted) !== 0;
      });
      expect(wrong).toEqual([]);
      store(path, replayed);
      const { stdout } = await execa('dumpe2fs', ['-h', path]);
      expect(stdout).toMatch(/Journal start: +0/);
      // Nothing is left for e2fsck but the flag in the superblock, which the mount would have cleared.
      const check = await execa('e2fsck', ['-fy', path], { reject: false });
      expect(check.exitCode).toBeLessThanOrEqual(1);
      expect(check.stdout).not.toMatch(/corrupt|invalid/i);
    } finally {
      await data.cleanup();
      await cleanup();
    }
  });
});

/** The kernel and we write versions 1 and 3 only; what older kernels left is read as far as it goes. */
test('a log with checksums of version 2 that was cut at any block gives the transactions that are whole', async () => {
  const image = await makeImage(1024, 'metadata_csum,64bit');
  const { path, cleanup } = await temporaryFile();
  const data = await temporaryFile();
  try {
    store(path, load(image.path));
    const homes = image.free.slice(0, 6);
    const before = load(path);
    const blocks = homes.map((home) => contents(1024, home));
    for (const [index, home] of homes.entries()) {
      const descriptor = openSync(data.path, 'w');
      writeSync(descriptor, blocks[index] ?? new Uint8Array(0));
      closeSync(descriptor);
      // Each is a transaction of a descriptor, a block and a commit; the log is opened anew behind the last one.
      const commands = `jo -c -v 2\njw -b ${home} ${data.path}\njc\n`;
      await execa('debugfs', ['-w', '-f', '-', path], { input: commands });
    }
    expect((await execa('dumpe2fs', ['-h', path])).stdout).toMatch(/Journal features: .*journal_checksum_v2/);
    const whole = load(path);
    for (let cut = 0; cut <= 3 * homes.length; cut++) {
      const disk = whole.snapshot();
      for (const block of image.journal.slice(1 + cut)) disk.write(block * 1024, new Uint8Array(1024));
      const recording = new RecordingDisk(disk);
      const { scheduler, journal } = openJournal(image, recording);
      scheduler.run('recover', journal.recover(NO_FAST_COMMITS));
      const recovered = recording.snapshot();
      const there = homes.map((home, index) => {
        const found = homeBlock(recovered, image, home);
        if (Buffer.compare(found, blocks[index] ?? found) === 0) return true;
        expect(Buffer.compare(found, homeBlock(before, image, home))).toBe(0);
        return false;
      });
      expect(there).toEqual(homes.map((_, index) => 3 * (index + 1) <= cut));
    }
  } finally {
    await data.cleanup();
    await cleanup();
    await image.remove();
  }
});

test('a wrong checksum of version 1 is damage, as it is for the kernel (6.18.44, asked) and e2fsck', async () => {
  const image = await makeImage(1024, '^metadata_csum,^64bit');
  const { path, cleanup } = await temporaryFile();
  try {
    store(path, load(image.path));
    const [block = 0] = image.free;
    await execa('debugfs', ['-w', '-f', '-', path], { input: `jo -c\njw -r ${block}\njc\n` });
    const { scheduler, journal } = openJournal(image, new RecordingDisk(load(path)));
    expect(() => scheduler.run('recover', journal.recover(NO_FAST_COMMITS))).toThrow(
      /commit block .* h_chksum/,
    );
    const check = await execa('e2fsck', ['-E', 'journal_only', '-y', path], { reject: false });
    expect(check.stdout).toMatch(/transaction 1 was corrupt/);
  } finally {
    await cleanup();
    await image.remove();
  }
});

test('after a power cut at any write e2fsck and we come to the same home blocks', async () => {
  const image = await makeImage(1024, 'metadata_csum,64bit');
  const { path, cleanup } = await temporaryFile();
  try {
    const recording = new RecordingDisk(load(image.path));
    const { scheduler, cache, journal } = openJournal(image, recording);
    scheduler.run('begin', journal.begin());
    const homes = image.free.slice(0, 40);
    function* step(number: number): Sleepable<void> {
      const handle = yield* journal.start(8);
      for (let index = 0; index < 8; index++) {
        const block = homes[(number * 5 + index * 3) % homes.length] ?? 0;
        if (index === 7) {
          yield* handle.revoke(block, cache.find(block));
          continue;
        }
        const buffer = cache.getblk(block);
        yield* handle.getCreateAccess(buffer);
        buffer.data.set(contents(1024, number * 50 + index));
        handle.dirtyMetadata(buffer);
      }
      yield* handle.stop();
    }
    for (let number = 0; number < 12; number++) {
      scheduler.run('step', step(number));
      scheduler.run('commit', journal.forceCommit());
      if (number === 6) scheduler.run('flush', journal.flush());
    }
    for (let count = 2; count <= recording.writes.length; count += 3) {
      const cut = recording.cut(count, () => count % 2 === 0);
      const ours = new RecordingDisk(cut);
      const { scheduler: other, journal: recovering } = openJournal(image, ours);
      other.run('recover', recovering.recover(NO_FAST_COMMITS));
      setNeedsRecovery(cut, true);
      store(path, cut);
      await execa('e2fsck', ['-fy', path], { reject: false });
      const theirs = load(path);
      const wrong = homes.filter(
        (block) =>
          Buffer.compare(homeBlock(ours.snapshot(), image, block), homeBlock(theirs, image, block)) !== 0,
      );
      expect(wrong).toEqual([]);
    }
  } finally {
    await cleanup();
    await image.remove();
  }
});

function journalKinds(): [name: string, open: string][] {
  return [
    ['checksums as the file system says', 'jo -c'],
    ['no checksums', 'jo'],
    ['checksums of version 2', 'jo -c -v 2'],
  ];
}
