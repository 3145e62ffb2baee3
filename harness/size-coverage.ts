import type { Operation } from '../model/index.ts';
import { CountGrid } from './count-grid.ts';
import type { CountTable } from './target.ts';

/** First lengths of the rows: each row ends where the next one begins, as in IOCov's partitions by powers of two. */
const LENGTHS = [0, 1, 2, 512, 1024, 2048, 4096, 4097, 8192, 16384, 65536, 262144, 1 << 20] as const;

/** Whether a range begins and ends where blocks do. */
const ALIGNMENTS = ['both ends', 'start only', 'end only', 'neither end', 'no offset'] as const;

/** How often each kind of transfer was of which length and alignment. */
export type SizeTables = Readonly<Record<string, CountTable>>;

/** Counts transfers by length and alignment to the blocks of the file system. */
export class SizeCoverage {
  readonly #grids = new Map<string, CountGrid>();

  record(operation: Operation, blockSize: number): void {
    const range = rangeOf(operation);
    if (range === null) return;
    let grid = this.#grids.get(range.kind);
    if (grid === undefined) {
      grid = emptyGrid();
      this.#grids.set(range.kind, grid);
    }
    grid.add(rowOf(range.length), alignmentOf(range, blockSize));
  }

  tables(): SizeTables {
    return Object.fromEntries([...this.#grids].map(([kind, grid]) => [kind, grid.table()]));
  }
}

interface Range {
  readonly kind: string;
  /** Null: wherever the descriptor is. */
  readonly offset: number | null;
  readonly length: number;
}

function rangeOf(operation: Operation): Range | null {
  switch (operation.op) {
    case 'read':
      return { kind: 'read', offset: null, length: operation.length };
    case 'write':
      return { kind: 'write', offset: null, length: operation.content.length };
    case 'pwrite':
    case 'store':
      return { kind: operation.op, offset: operation.offset, length: operation.content.length };
    case 'fallocate':
      return { kind: `fallocate ${operation.mode}`, offset: operation.offset, length: operation.length };
    case 'pread':
    case 'load':
    case 'sync-file-range':
    case 'fiemap':
      return { kind: operation.op, offset: operation.offset, length: operation.length };
    case 'copy-file-range':
      return { kind: operation.op, offset: operation.toOffset, length: operation.length };
    default:
      return null;
  }
}

function alignmentOf({ offset, length }: Range, blockSize: number): (typeof ALIGNMENTS)[number] {
  if (offset === null) return 'no offset';
  const start = offset % blockSize === 0;
  const end = (offset + length) % blockSize === 0;
  if (start) return end ? 'both ends' : 'start only';
  return end ? 'end only' : 'neither end';
}

/** `512–1023`; one length stands for itself. */
const ROWS: readonly string[] = LENGTHS.map((first, index) => {
  const next = LENGTHS[index + 1];
  if (next === undefined) return `${first} or more`;
  return next === first + 1 ? String(first) : `${first}–${next - 1}`;
});

const rowOf = (length: number): string => ROWS[LENGTHS.findLastIndex((first) => first <= length)] ?? '0';

/** Every row and column, so that what never was shows as zero. */
function emptyGrid(): CountGrid {
  const grid = new CountGrid();
  for (const row of ROWS) for (const column of ALIGNMENTS) grid.add(row, column, 0);
  return grid;
}
