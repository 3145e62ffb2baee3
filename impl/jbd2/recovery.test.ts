import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { Corruption, MountRefused } from '../lib/corruption.ts';
import { present } from '../lib/assert.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { journalPlaces, makeTestDisk, openJournal, RecordingDisk, SHAPE } from './test-disk.ts';

const { blockSize } = SHAPE;
const PLACES = journalPlaces(SHAPE);
/** Where block `index` of the journal starts, in bytes. */
const journalByte = (index: number): number => present(PLACES[index], 'place') * blockSize;

/** A disk whose log has three transactions, each filling two home blocks with its number; nothing is checkpointed. */
function diskWithLog(sequence = 1): MemoryDisk {
  const recording = new RecordingDisk(makeTestDisk(SHAPE, sequence));
  const { scheduler, cache, journal } = openJournal(recording, SHAPE);
  function* update(value: number): Sleepable<void> {
    const handle = yield* journal.start(2);
    for (const block of [value * 2, value * 2 + 1]) {
      const buffer = cache.getblk(block);
      yield* handle.getCreateAccess(buffer);
      buffer.data.fill(value);
      handle.dirtyMetadata(buffer);
    }
    yield* handle.stop();
  }
  for (const value of [1, 2, 3]) {
    scheduler.run('update', update(value));
    scheduler.run('commit', journal.forceCommit());
  }
  return recording.snapshot();
}

/** Which of the three transactions' home blocks hold their contents: [t1a, t1b, t2a, ...]. */
function homes(disk: MemoryDisk): number[] {
  return [2, 3, 4, 5, 6, 7].map((block) => {
    const data = new Uint8Array(blockSize);
    disk.read(block * blockSize, data);
    const [first = 0] = data;
    return data.every((byte) => byte === first) ? first : -1;
  });
}

function recover(disk: MemoryDisk): { disk: MemoryDisk; error: unknown; recording: RecordingDisk } {
  const recording = new RecordingDisk(disk);
  let error: unknown = null;
  try {
    openJournal(recording, SHAPE);
  } catch (caught) {
    error = caught;
  }
  return { disk: recording.snapshot(), error, recording };
}

function flip(disk: MemoryDisk, offset: number): MemoryDisk {
  const copy = disk.snapshot();
  const byte = new Uint8Array(1);
  copy.read(offset, byte);
  byte[0] = (byte[0] ?? 0) ^ 0x40;
  copy.write(offset, byte);
  return copy;
}

// Each transaction is a descriptor, two data blocks and a commit block, from block 1 of the journal on.
const DESCRIPTOR_2 = 5;
const DATA_2A = 6;
const COMMIT_2 = 8;

describe('what the kernel decides about a damaged log', () => {
  test('a sound log is replayed, and empty afterwards', () => {
    const { disk, error } = recover(diskWithLog());
    expect(error).toBeNull();
    expect(homes(disk)).toEqual([1, 1, 2, 2, 3, 3]);
    const start = new Uint8Array(4);
    disk.read(journalByte(0) + 0x1c, start);
    expect([...start]).toEqual([0, 0, 0, 0]);
  });

  test('a commit block that is not there ends the log', () => {
    const disk = diskWithLog();
    disk.write(journalByte(COMMIT_2), new Uint8Array(blockSize));
    const recovered = recover(disk);
    expect(recovered.error).toBeNull();
    expect(homes(recovered.disk)).toEqual([1, 1, 0, 0, 0, 0]);
  });

  test('a wrong sequence number ends the log', () => {
    const disk = diskWithLog();
    disk.write(journalByte(DESCRIPTOR_2) + 8, new Uint8Array([0, 0, 0, 9]));
    const recovered = recover(disk);
    expect(recovered.error).toBeNull();
    expect(homes(recovered.disk)).toEqual([1, 1, 0, 0, 0, 0]);
  });

  test('a damaged data block of a committed transaction is reported, and the others are replayed', () => {
    const { disk, error } = recover(flip(diskWithLog(), journalByte(DATA_2A) + 100));
    expect(error).toBeInstanceOf(Corruption);
    expect(homes(disk)).toEqual([1, 1, 0, 2, 3, 3]);
  });

  test('a damaged descriptor of a committed transaction is reported, and nothing is replayed', () => {
    const { disk, error } = recover(flip(diskWithLog(), journalByte(DESCRIPTOR_2) + 700));
    expect(error).toBeInstanceOf(Corruption);
    expect(homes(disk)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('a damaged commit block is reported after what came before was replayed', () => {
    const { disk, error } = recover(flip(diskWithLog(), journalByte(COMMIT_2) + 0x3b));
    expect(error).toBeInstanceOf(Corruption);
    expect(homes(disk)).toEqual([1, 1, 0, 0, 0, 0]);
  });

  test('a commit block of which only the first sector arrived counts', () => {
    const { disk, error } = recover(flip(diskWithLog(), journalByte(COMMIT_2) + 600));
    expect(error).toBeNull();
    expect(homes(disk)).toEqual([1, 1, 2, 2, 3, 3]);
  });

  test('ids wrap', () => {
    for (const sequence of [0xfffffffc, 0xfffffffd, 0xfffffffe, 0xffffffff]) {
      const { disk, error } = recover(diskWithLog(sequence));
      expect(error).toBeNull();
      expect(homes(disk)).toEqual([1, 1, 2, 2, 3, 3]);
    }
  });
});

test('recovery that is itself cut short, anywhere, comes to the same end', () => {
  const { recording } = recover(diskWithLog());
  fc.assert(
    fc.property(fc.nat(recording.writes.length), fc.array(fc.boolean(), { minLength: 5 }), (count, bits) => {
      let position = 0;
      const again = recover(recording.cut(count, () => bits[position++ % bits.length] ?? true));
      expect(again.error).toBeNull();
      expect(homes(again.disk)).toEqual([1, 1, 2, 2, 3, 3]);
    }),
  );
});

test('the superblock is checked: checksum, magic, length, features', () => {
  const disk = diskWithLog();
  for (const offset of [0x0, 0x10, 0x14, 0x1f, 0x2b, 0x35, 0xfc]) {
    const { error } = recover(flip(disk, journalByte(0) + offset));
    expect(error instanceof Corruption || error instanceof MountRefused).toBe(true);
  }
});

test('any damage in the log: recovery ends, with an answer, and touches nothing outside the home blocks', () => {
  const sound = diskWithLog();
  const used = 14;
  const damage = fc.record({
    block: fc.integer({ min: 1, max: used }),
    offset: fc.nat(blockSize - 5),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
  });
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (list) => {
      const disk = sound.snapshot();
      for (const { block, offset, bytes } of list) disk.write(journalByte(block) + offset, bytes);
      const { disk: recovered, error } = recover(disk);
      expect(error === null || error instanceof Corruption).toBe(true);
      // With checksums, what is replayed is what was logged.
      for (const [index, value] of homes(recovered).entries())
        expect([0, Math.floor(index / 2) + 1]).toContain(value);
    }),
    { numRuns: 200 },
  );
});

test('a log without checksums may say anything: recovery ends, with Corruption or without', () => {
  const shape = { ...SHAPE, checksums: false };
  const word = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(1, 2, 5, 0xc03b3998, 8, 2), fc.nat(20));
  fc.assert(
    fc.property(
      fc.array(fc.array(word, { minLength: 3, maxLength: 30 }), { minLength: 1, maxLength: 30 }),
      fc.boolean(),
      (blocks, revokesOnly) => {
        const disk = makeTestDisk(shape);
        const header = new Uint8Array(8);
        new DataView(header.buffer).setUint32(0, 1);
        new DataView(header.buffer).setUint32(4, 1);
        disk.write(journalByte(0) + 0x18, header);
        for (let index = 1; index < 1024; index++) {
          const words = present(blocks[index % blocks.length], 'words');
          const data = new Uint8Array(blockSize);
          const view = new DataView(data.buffer);
          for (const [position, value] of words.entries()) view.setUint32(12 + position * 4, value);
          view.setUint32(0, 0xc03b3998);
          view.setUint32(4, revokesOnly ? 5 : ([1, 2, 5][(words[0] ?? 0) % 3] ?? 1));
          view.setUint32(8, 1);
          disk.write(journalByte(index), data);
        }
        let error: unknown = null;
        try {
          openJournal(disk, shape);
        } catch (caught) {
          error = caught;
        }
        expect(error === null || error instanceof Corruption).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
});
