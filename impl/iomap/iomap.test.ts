import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryDisk } from '../block/memory-disk.ts';
import { AddressSpace } from '../mm/address-space.ts';
import type { AddressSpaceOperations } from '../mm/address-space-operations.ts';
import { writeAndWait } from '../mm/filemap.ts';
import { FolioPool } from '../mm/folio-pool.ts';
import { errorRemoveFolio } from '../mm/memory-failure.ts';
import { migrateFolio } from '../mm/migrate.ts';
import { readThroughCache } from '../mm/read.ts';
import { dropCleanRange } from '../mm/invalidate.ts';
import { truncateCache } from '../mm/truncate.ts';
import { Scheduler } from '../sched/scheduler.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { isPartiallyUptodate, readahead, readFolio } from './buffered-read.ts';
import { bufferedWrite, dirtyFolio, invalidateFolio, releaseFolio } from './buffered-write.ts';
import type { IomapFile } from './host.ts';
import type { Iomap, IomapOps } from './iomap.ts';
import { writepages, type IomapWritebackOps } from './writeback.ts';
import { zeroRange } from './zero-range.ts';

/** The iomap core without ext4: a file system of one file, which gives every block the next free place at writeback. */
class OneFile implements IomapFile {
  readonly ino = 1;
  readonly blockSize: number;
  readonly device = new MemoryDisk(4 * 1024 * 1024);
  readonly mapping: AddressSpace;
  size = 0;
  /** Device block of each block of the file. */
  readonly places = new Map<number, number>();
  readonly delayed = new Set<number>();
  sequence = 0;
  #nextFree = 1;

  constructor(blockSize: number, folioOrderMax: number) {
    this.blockSize = blockSize;
    // What nobody wrote must never be seen.
    this.device.write(0, new Uint8Array(this.device.sizeBytes).fill(0xee));
    this.mapping = new AddressSpace(this, new FolioPool(1024), table(this, folioOrderMax), new Set());
  }

  place(block: number): number {
    const place = this.places.get(block) ?? this.#nextFree++;
    this.places.set(block, place);
    this.delayed.delete(block);
    this.sequence++;
    return place;
  }
}

function fill(file: OneFile, block: number, iomap: Iomap): void {
  const place = file.places.get(block);
  iomap.offset = block * file.blockSize;
  iomap.length = file.blockSize;
  iomap.validityCookie = file.sequence;
  if (place !== undefined) {
    iomap.type = 'mapped';
    iomap.address = place * file.blockSize;
  } else {
    iomap.type = file.delayed.has(block) ? 'delalloc' : 'hole';
  }
}

const lookup: IomapOps<OneFile> = {
  *begin(file, position, _length, iomap) {
    fill(file, Math.floor(position / file.blockSize), iomap);
  },
};

const writeOps: IomapOps<OneFile> = {
  *begin(file, position, length, iomap) {
    const block = Math.floor(position / file.blockSize);
    fill(file, block, iomap);
    if (iomap.type !== 'hole') return;
    // As long a promise as the hole allows, so that large folios are used.
    const last = Math.floor((position + length - 1) / file.blockSize);
    let end = block;
    while (end <= last && !file.places.has(end) && !file.delayed.has(end)) file.delayed.add(end++);
    file.sequence++;
    iomap.type = 'delalloc';
    iomap.isNew = true;
    iomap.length = (end - block) * file.blockSize;
    iomap.validityCookie = file.sequence;
  },
};

const validity = { isValid: (file: OneFile, iomap: Iomap) => iomap.validityCookie === file.sequence };

const writeback: IomapWritebackOps<OneFile> = {
  *mapRange(file, position, _end, iomap) {
    const block = Math.floor(position / file.blockSize);
    if (file.delayed.has(block)) file.place(block);
    iomap.reset();
    fill(file, block, iomap);
  },
  *discardFolio() {},
  ioendEnded: (ioend) => ioend.finish(),
};

function table(file: OneFile, folioOrderMax: number): AddressSpaceOperations {
  return {
    name: 'one file',
    folioLock: { name: 'folio lock', rank: 1, nests: true },
    folioOrderMax,
    readFolio: (folio) => readFolio(file, folio, lookup),
    readahead: (_mapping, folios) => readahead(file, folios, lookup),
    writepages: (_mapping, control) => writepages(file, control, writeback),
    dirtyFolio: (mapping, folio) => dirtyFolio(mapping, folio, file.blockSize),
    invalidateFolio: (folio, offset, length) => invalidateFolio(folio, file.blockSize, offset, length),
    releaseFolio,
    migrateFolio,
    errorRemoveFolio,
    isPartiallyUptodate: (folio, offset, length) =>
      isPartiallyUptodate(folio, file.blockSize, offset, length),
    *bmap() {
      return 0;
    },
    *swapActivate() {
      return [];
    },
  };
}

function* truncate(file: OneFile, size: number): Sleepable<void> {
  const from = Math.min(size, file.size);
  const tail = from % file.blockSize;
  if (tail !== 0) yield* zeroRange(file, from, file.blockSize - tail, lookup, validity);
  file.size = size;
  yield* truncateCache(file.mapping, size);
  for (const block of [...file.places.keys(), ...file.delayed]) {
    if (block * file.blockSize < size) continue;
    file.places.delete(block);
    file.delayed.delete(block);
  }
  file.sequence++;
}

const SIZE_MAX = 300_000;
const offset = fc.oneof(
  fc.nat(SIZE_MAX),
  fc.tuple(fc.nat(70), fc.integer({ min: -1, max: 1 })).map(([block, by]) => Math.max(0, block * 4096 + by)),
);
const action = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), offset, length: fc.integer({ min: 1, max: 40_000 }) }),
  fc.record({ kind: fc.constant('read' as const), offset, length: fc.nat(40_000) }),
  fc.record({ kind: fc.constant('truncate' as const), offset }),
  fc.record({ kind: fc.constant('zero' as const), offset, length: fc.integer({ min: 1, max: 40_000 }) }),
  fc.record({ kind: fc.constant('writeback' as const), offset, length: fc.nat(SIZE_MAX) }),
  fc.record({ kind: fc.constant('drop' as const) }),
);

/** Runs the actions on the file and on a plain array; answers whether every read agreed. */
function* agrees(
  file: OneFile,
  actions: readonly (typeof action extends fc.Arbitrary<infer T> ? T : never)[],
): Sleepable<boolean> {
  const plain = new Uint8Array(SIZE_MAX * 2);
  let seed = 1;
  for (const step of [
    ...actions,
    { kind: 'drop' } as const,
    { kind: 'read', offset: 0, length: SIZE_MAX * 2 } as const,
  ]) {
    if (step.kind === 'write') {
      const data = Uint8Array.from({ length: step.length }, (_, index) => ((index * 7 + seed) % 251) + 1);
      seed++;
      if (step.offset > file.size) yield* truncate(file, step.offset);
      expect(
        yield* bufferedWrite(
          file,
          { position: step.offset, source: data, length: step.length },
          writeOps,
          validity,
        ),
      ).toBe(step.length);
      plain.set(data, step.offset);
    } else if (step.kind === 'truncate') {
      yield* truncate(file, step.offset);
      plain.fill(0, step.offset);
    } else if (step.kind === 'zero') {
      const length = Math.min(step.length, file.size - step.offset);
      if (length > 0) yield* zeroRange(file, step.offset, length, lookup, validity);
      if (length > 0) plain.fill(0, step.offset, step.offset + length);
    } else if (step.kind === 'writeback') {
      yield* writeAndWait(file.mapping, step.offset, step.offset + step.length);
    } else if (step.kind === 'drop') {
      yield* writeAndWait(file.mapping, 0, Infinity);
      dropCleanRange(file.mapping, 0, Infinity);
      expect(file.mapping.folioCount).toBe(0);
    } else {
      const target = new Uint8Array(step.length);
      const length = yield* readThroughCache(file.mapping, step.offset, target);
      expect(length).toBe(Math.max(0, Math.min(step.length, file.size - step.offset)));
      const expected = plain.subarray(step.offset, step.offset + length);
      if (Buffer.compare(target.subarray(0, length), expected) !== 0) return false;
    }
  }
  return true;
}

test.each([
  [512, 9],
  [1024, 0],
  [1024, 9],
  [4096, 0],
  [4096, 9],
])('with blocks of %i bytes and folios up to order %i a file is an array of bytes', (blockSize, order) => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 30, size: 'max' }), (actions) => {
      const file = new OneFile(blockSize, order);
      return new Scheduler().run('actions', agrees(file, actions));
    }),
    { numRuns: 60 },
  );
});
