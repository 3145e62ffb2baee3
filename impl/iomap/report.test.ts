import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryDisk } from '../block/memory-disk.ts';
import { Failure } from '../lib/errno.ts';
import { AddressSpace } from '../mm/address-space.ts';
import type { AddressSpaceOperations } from '../mm/address-space-operations.ts';
import { grabFolio } from '../mm/filemap.ts';
import { FolioPool } from '../mm/folio-pool.ts';
import { Scheduler } from '../sched/scheduler.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { bmap } from './bmap.ts';
import { isPartiallyUptodate } from './buffered-read.ts';
import { FIEMAP_EXTENT_LAST, FIEMAP_EXTENT_UNWRITTEN, fiemap } from './fiemap.ts';
import { ensureState, setRangeUptodate } from './folio-state.ts';
import type { IomapFile } from './host.ts';
import type { IomapOps, IomapType } from './iomap.ts';
import { seekData, seekHole } from './seek.ts';

/** Where the bytes are of a file whose blocks are told one by one, beside what each answer means block by block. */

const BLOCK = 1024;

class ToldFile implements IomapFile {
  readonly ino = 1;
  readonly blockSize = BLOCK;
  readonly device = new MemoryDisk(1024 * 1024);
  readonly blocks: readonly IomapType[];
  readonly mapping: AddressSpace;
  size: number;

  constructor(blocks: readonly IomapType[], size: number, folioOrderMax: number) {
    this.blocks = blocks;
    this.size = size;
    const table = {
      name: 'told',
      folioLock: { name: 'folio lock', rank: 1, nests: true },
      folioOrderMax,
      isPartiallyUptodate: (folio, offset, length) => isPartiallyUptodate(folio, BLOCK, offset, length),
    } satisfies Partial<AddressSpaceOperations>;
    // The page cache asks a file that is only looked at for nothing else.
    this.mapping = new AddressSpace(
      this,
      new FolioPool(1024),
      table as unknown as AddressSpaceOperations,
      new Set(),
    );
  }

  typeAt = (block: number): IomapType => this.blocks[block] ?? 'hole';
}

/** A block for each mapping, ten blocks further on the device. */
const ops: IomapOps<ToldFile> = {
  *begin(file, position, _length, iomap) {
    const block = Math.floor(position / BLOCK);
    iomap.type = file.typeAt(block);
    iomap.offset = block * BLOCK;
    iomap.length = BLOCK;
    if (iomap.type === 'mapped' || iomap.type === 'unwritten') iomap.address = (block + 10) * BLOCK;
  },
};

function* cacheBlocks(file: ToldFile, cached: ReadonlySet<number>): Sleepable<void> {
  for (const block of cached) {
    const folio = yield* grabFolio(file.mapping, block * BLOCK, 8 * BLOCK);
    ensureState(folio, BLOCK);
    setRangeUptodate(folio, BLOCK, block * BLOCK - folio.position, BLOCK);
    folio.unlock();
  }
}

const run = <T>(body: Sleepable<T>): T => new Scheduler().run('report', body);

function answer(body: () => Sleepable<number>): number | string {
  try {
    return run(body());
  } catch (error) {
    if (error instanceof Failure) return error.errno;
    throw error;
  }
}

const layout = fc.record({
  blocks: fc.array(fc.constantFrom<IomapType>('hole', 'delalloc', 'mapped', 'unwritten', 'unwritten'), {
    maxLength: 40,
  }),
  cached: fc.uniqueArray(fc.nat(39)),
  size: fc.nat(40 * BLOCK),
  order: fc.constantFrom(0, 9),
});

test('SEEK_DATA and SEEK_HOLE stop where a walk block by block stops', () => {
  fc.assert(
    fc.property(layout, fc.nat(41 * BLOCK), ({ blocks, cached, size, order }, position) => {
      const file = new ToldFile(blocks, size, order);
      const inMemory = new Set(cached);
      run(cacheBlocks(file, inMemory));
      const isData = (block: number): boolean => {
        const type = file.typeAt(block);
        return type === 'unwritten' ? inMemory.has(block) : type !== 'hole';
      };
      const walk = (wanted: boolean): number | null => {
        for (let at = position; at < size; at = (Math.floor(at / BLOCK) + 1) * BLOCK)
          if (isData(Math.floor(at / BLOCK)) === wanted) return at;
        return null;
      };
      const beyond = position >= size;
      expect(answer(() => seekData(file, position, ops))).toBe(beyond ? 'ENXIO' : (walk(true) ?? 'ENXIO'));
      expect(answer(() => seekHole(file, position, ops))).toBe(beyond ? 'ENXIO' : (walk(false) ?? size));
    }),
    { numRuns: 300 },
  );
});

test('FIEMAP tells every extent once, marks the last, and no more than there is room for', () => {
  fc.assert(
    fc.property(layout, fc.nat(8), fc.nat(30), ({ blocks, size }, room, first) => {
      const file = new ToldFile(blocks, size, 0);
      const told = run(fiemap(file, first * BLOCK, 100 * BLOCK, room, ops));
      const places = blocks.map((type, block) => ({ type, block })).filter(({ type }) => type !== 'hole');
      const wanted = places.filter(({ block }) => block >= first);
      expect(told.map(({ logical }) => logical / BLOCK)).toEqual(
        wanted.slice(0, room).map(({ block }) => block),
      );
      for (const [index, { logical, physical, length, flags }] of told.entries()) {
        const type = file.typeAt(logical / BLOCK);
        expect(length).toBe(BLOCK);
        expect(physical).toBe(type === 'delalloc' ? 0 : logical + 10 * BLOCK);
        expect((flags & FIEMAP_EXTENT_UNWRITTEN) !== 0).toBe(type === 'unwritten');
        expect((flags & FIEMAP_EXTENT_LAST) !== 0).toBe(index === wanted.length - 1);
      }
    }),
    { numRuns: 200 },
  );
});

test('FIBMAP has a place for data only', () => {
  const file = new ToldFile(['mapped', 'unwritten', 'hole', 'mapped'], 4 * BLOCK, 0);
  expect([0, 1, 2, 3, 4].map((block) => run(bmap(file, block, ops)))).toEqual([10, 0, 0, 13, 0]);
});
