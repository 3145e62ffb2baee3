import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bio, BioStatus } from '../block/bio.ts';
import type { BlockDevice } from '../block/block-device.ts';
import { MemoryDisk } from '../block/memory-disk.ts';
import { Failure } from '../lib/errno.ts';
import { AddressSpace } from '../mm/address-space.ts';
import type { AddressSpaceOperations } from '../mm/address-space-operations.ts';
import { writeAndWait } from '../mm/filemap.ts';
import { FolioPool } from '../mm/folio-pool.ts';
import { errorRemoveFolio } from '../mm/memory-failure.ts';
import { migrateFolio } from '../mm/migrate.ts';
import { readThroughCache } from '../mm/read.ts';
import { wholeMemory, type UserMemory } from '../mm/user-memory.ts';
import { Scheduler } from '../sched/scheduler.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { isPartiallyUptodate, readahead, readFolio } from './buffered-read.ts';
import { bufferedWrite, dirtyFolio, invalidateFolio, releaseFolio } from './buffered-write.ts';
import { directRead, directWrite, type DirectWriteOps } from './direct-io.ts';
import type { IomapFile } from './host.ts';
import type { Iomap, IomapOps } from './iomap.ts';
import { writepages, type IomapWritebackOps } from './writeback.ts';

const BLOCK = 1024;
const DISK_BYTES = 4 * 1024 * 1024;

/** Fails from the transfer on whose number it is told. */
class FailingDisk implements BlockDevice {
  readonly disk = new MemoryDisk(DISK_BYTES);
  readonly sectors = this.disk.sectors;
  readonly transfers: Bio[] = [];
  failsFrom = Infinity;

  submit(bio: Bio, endIo: (status: BioStatus) => void): void {
    this.transfers.push(bio);
    if (this.transfers.length > this.failsFrom) endIo('EIO');
    else this.disk.submit(bio, endIo);
  }
}

/** The iomap core without ext4: a file system of one file whose blocks lie where the test says. */
class OneFile implements IomapFile {
  readonly ino = 1;
  readonly blockSize = BLOCK;
  readonly device = new FailingDisk();
  readonly mapping: AddressSpace;
  size = 0;
  /** Device block of each block of the file. */
  readonly places = new Map<number, number>();
  readonly unwritten = new Set<number>();
  /** Blocks of a hole that a direct write leaves to the page cache. */
  readonly unplaceable = new Set<number>();
  #nextFree = 1;

  constructor() {
    // What nobody wrote must never be seen.
    this.device.disk.write(0, new Uint8Array(DISK_BYTES).fill(0xee));
    this.mapping = new AddressSpace(this, new FolioPool(1024), table(this), new Set());
  }

  /** Skips a block now and then, so that neighbours in the file are not always neighbours on the device. */
  place(block: number): number {
    const known = this.places.get(block);
    if (known !== undefined) return known;
    const place = this.#nextFree + (block % 5 === 0 ? 1 : 0);
    this.#nextFree = place + 1;
    this.places.set(block, place);
    return place;
  }
}

/** The longest run from `block` on that lies in one piece and in one state, at most `count` blocks. */
function fill(file: OneFile, block: number, count: number, iomap: Iomap): void {
  const place = file.places.get(block);
  const state = (at: number): string => `${file.unwritten.has(at)} ${file.places.has(at)}`;
  let length = 1;
  while (
    length < count &&
    state(block + length) === state(block) &&
    (place === undefined || file.places.get(block + length) === place + length)
  ) {
    length++;
  }
  iomap.offset = block * BLOCK;
  iomap.length = length * BLOCK;
  iomap.type = place === undefined ? 'hole' : file.unwritten.has(block) ? 'unwritten' : 'mapped';
  if (place !== undefined) iomap.address = place * BLOCK;
}

const blockCount = (position: number, length: number): number =>
  Math.ceil((position + length) / BLOCK) - Math.floor(position / BLOCK);

const lookup: IomapOps<OneFile> = {
  *begin(file, position, length, iomap) {
    fill(file, Math.floor(position / BLOCK), blockCount(position, length), iomap);
  },
};

/** As ext4 does it: unwritten within the file, written and new behind it. */
const place: IomapOps<OneFile> = {
  *begin(file, position, length, iomap) {
    const block = Math.floor(position / BLOCK);
    if (!file.places.has(block) && !file.unplaceable.has(block)) {
      file.place(block);
      if (block * BLOCK < file.size) file.unwritten.add(block);
      else iomap.isNew = true;
    }
    fill(file, block, iomap.isNew ? 1 : blockCount(position, length), iomap);
  },
};

const ended: DirectWriteOps<OneFile> = {
  *ended(file, position, size, unwritten) {
    if (unwritten)
      for (let at = Math.floor(position / BLOCK); at * BLOCK < position + size; at++)
        file.unwritten.delete(at);
    file.size = Math.max(file.size, position + size);
  },
};

const writeback: IomapWritebackOps<OneFile> = {
  *mapRange(file, position, _end, iomap) {
    const block = Math.floor(position / BLOCK);
    iomap.reset();
    file.place(block);
    file.unwritten.delete(block);
    fill(file, block, 1, iomap);
  },
  *discardFolio() {},
  ioendEnded: (ioend) => ioend.finish(),
};

/** Every buffered write places its blocks at once. */
const cached: IomapOps<OneFile> = {
  *begin(file, position, _length, iomap) {
    const block = Math.floor(position / BLOCK);
    const isNew = !file.places.has(block);
    file.place(block);
    if (isNew) file.unwritten.add(block);
    fill(file, block, 1, iomap);
  },
};

function table(file: OneFile): AddressSpaceOperations {
  return {
    name: 'one file',
    folioLock: { name: 'folio lock', rank: 1, nests: true },
    folioOrderMax: 3,
    readFolio: (folio) => readFolio(file, folio, lookup),
    readahead: (_mapping, folios) => readahead(file, folios, lookup),
    writepages: (_mapping, control) => writepages(file, control, writeback),
    dirtyFolio: (mapping, folio) => dirtyFolio(mapping, folio, BLOCK),
    invalidateFolio: (folio, offset, length) => invalidateFolio(folio, BLOCK, offset, length),
    releaseFolio,
    migrateFolio,
    errorRemoveFolio,
    isPartiallyUptodate: (folio, offset, length) => isPartiallyUptodate(folio, BLOCK, offset, length),
    *bmap() {
      return 0;
    },
    *swapActivate() {
      return [];
    },
  };
}

const run = <T>(body: () => Sleepable<T>): T => new Scheduler().call('test', body);

/** The errno of a call that fails, else its answer. */
function outcome(body: () => Sleepable<number>): number | string {
  try {
    return run(body);
  } catch (error) {
    if (error instanceof Failure) return error.errno;
    throw error;
  }
}

const write = (file: OneFile, position: number, memory: UserMemory): Sleepable<number> =>
  directWrite(file, position, memory, { ops: place, writeOps: ended, nowait: false });
const read = (file: OneFile, position: number, memory: UserMemory): Sleepable<number> =>
  directRead(file, position, memory, lookup, false);
const bytes = (length: number, value = 0x11): Uint8Array => new Uint8Array(length).fill(value);

const SIZE_MAX = 80 * BLOCK;
const sector = (max: number) => fc.nat(max).map((count) => count * 512);
const action = fc.record({
  kind: fc.constantFrom('direct write', 'direct write', 'write', 'direct read', 'read', 'writeback'),
  offset: sector(100),
  length: sector(30).map((length) => length + 512),
});
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Performs an action on the file and on a plain array; answers whether they agree. */
function* agrees(
  file: OneFile,
  plain: Uint8Array,
  { kind, offset, length }: Action,
  seed: number,
): Sleepable<boolean> {
  if (kind === 'writeback') {
    yield* writeAndWait(file.mapping, offset, offset + length);
    return true;
  }
  if (kind === 'direct write' || kind === 'write') {
    const data = Uint8Array.from({ length }, (_, index) => ((index * 7 + seed) % 251) + 1);
    // The tail of the old last block reads as zeros already: nothing here writes behind the end of the file.
    const start = Math.min(offset, Math.ceil(file.size / 512) * 512);
    const done =
      kind === 'write'
        ? yield* bufferedWrite(file, { position: start, source: data, length }, cached, {
            isValid: () => true,
          })
        : yield* write(file, start, wholeMemory(data));
    plain.set(data, start);
    return done === length;
  }
  const target = bytes(length, 0x77);
  const count =
    kind === 'read'
      ? yield* readThroughCache(file.mapping, offset, target)
      : yield* read(file, offset, wholeMemory(target));
  const expected = Math.max(0, Math.min(length, file.size - offset));
  return (
    count === expected &&
    Buffer.compare(target.subarray(0, count), plain.subarray(offset, offset + count)) === 0
  );
}

test('direct and buffered reads and writes of one file agree with an array of bytes', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 25, size: 'max' }), (actions) => {
      const file = new OneFile();
      const plain = new Uint8Array(SIZE_MAX * 2);
      for (const [index, each] of actions.entries())
        if (!run(() => agrees(file, plain, each, index))) return false;
      const whole = { kind: 'direct read', offset: 0, length: SIZE_MAX } as const;
      return run(() => agrees(file, plain, whole, 0));
    }),
    { numRuns: 50 },
  );
});

test('a hole reads as zeros and costs no transfer; what is written in part is zeros around it', () => {
  const file = new OneFile();
  file.size = 8 * BLOCK;
  const target = bytes(5000);
  expect(
    outcome(() =>
      read(file, 100, { bytes: target, length: 5000, pieces: [{ length: 5000, pageOffset: 3 }] }),
    ),
  ).toBe(5000);
  expect(target.every((byte) => byte === 0)).toBe(true);
  expect(file.device.transfers).toEqual([]);
  expect(outcome(() => write(file, 2 * BLOCK + 512, wholeMemory(bytes(512))))).toBe(512);
  const block = bytes(BLOCK);
  expect(outcome(() => read(file, 2 * BLOCK, wholeMemory(block)))).toBe(BLOCK);
  expect([...new Set(block.subarray(0, 512))]).toEqual([0]);
  expect([...new Set(block.subarray(512))]).toEqual([0x11]);
});

test('where the file system has no place, and where the cache cannot let go, the rest is for the cache', () => {
  const file = new OneFile();
  file.size = 8 * BLOCK;
  file.unplaceable.add(3);
  expect(outcome(() => write(file, 2 * BLOCK, wholeMemory(bytes(4 * BLOCK))))).toBe(BLOCK);
  expect(outcome(() => write(file, 3 * BLOCK, wholeMemory(bytes(BLOCK))))).toBe(0);
});

test('an error of the device is EIO; blocks of a failed write stay unwritten, and the file its size', () => {
  const file = new OneFile();
  file.size = 4 * BLOCK;
  file.device.failsFrom = 1;
  // Blocks 4 and 5 do not lie behind each other: the second transfer fails.
  expect(outcome(() => write(file, 3 * BLOCK, wholeMemory(bytes(4 * BLOCK))))).toBe('EIO');
  expect(file.size).toBe(4 * BLOCK);
  expect(file.unwritten.has(3)).toBe(true);
  file.device.failsFrom = file.device.transfers.length;
  expect(outcome(() => write(file, 0, wholeMemory(bytes(BLOCK))))).toBe('EIO');
  file.device.failsFrom = Infinity;
  expect(outcome(() => write(file, 0, wholeMemory(bytes(BLOCK))))).toBe(BLOCK);
  file.device.failsFrom = file.device.transfers.length;
  expect(outcome(() => read(file, 0, wholeMemory(bytes(BLOCK))))).toBe('EIO');
});

test('a write that was lost in the cache is told of to a direct read, and leaves a direct write to the cache', () => {
  const file = new OneFile();
  const source = bytes(BLOCK);
  const validity = { isValid: () => true };
  run(() => bufferedWrite(file, { position: 0, source, length: BLOCK }, cached, validity));
  file.device.failsFrom = 0;
  expect(outcome(() => read(file, 0, wholeMemory(bytes(BLOCK))))).toBe('EIO');
  run(() => bufferedWrite(file, { position: 0, source, length: BLOCK }, cached, validity));
  expect(outcome(() => write(file, 0, wholeMemory(bytes(BLOCK))))).toBe(0);
});

test('without waiting, what is cached is EAGAIN to a write, and what is dirty to a read', () => {
  const file = new OneFile();
  const validity = { isValid: () => true };
  run(() => bufferedWrite(file, { position: 0, source: bytes(BLOCK), length: BLOCK }, cached, validity));
  const rules = { ops: place, writeOps: ended, nowait: true };
  const memory = wholeMemory(bytes(BLOCK));
  expect(outcome(() => directRead(file, 0, memory, lookup, true))).toBe('EAGAIN');
  run(() => writeAndWait(file.mapping, 0, Infinity));
  expect(outcome(() => directRead(file, 0, memory, lookup, true))).toBe(BLOCK);
  expect(outcome(() => directWrite(file, 0, memory, rules))).toBe('EAGAIN');
  expect(outcome(() => directWrite(file, 8 * BLOCK, memory, rules))).toBe(BLOCK);
});
