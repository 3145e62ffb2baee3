import type { FileSystem } from '../../../generated/impl/index.ts';
import type { Handle, Operation } from '../../../model/index.ts';
import { CountGrid } from '../../count-grid.ts';
import type { CountTable } from '../../target.ts';

/** The bytes that an operation of a descriptor is about; an offset of null is the descriptor's position. */
interface Range {
  readonly row: string;
  readonly handle: Handle;
  readonly offset: number | null;
  readonly length: number;
}

/** Counts in which state operations find the range of the file that they are about, before they touch it. */
export class RangeStateCounts {
  readonly #grid = new CountGrid();

  count(fs: FileSystem, operation: Operation, descriptors: ReadonlyMap<Handle, number>): void {
    const range = rangeOf(operation);
    const fd = range === null ? undefined : descriptors.get(range.handle);
    if (range === null || fd === undefined) return;
    this.#grid.add(range.row, fs.calls.rangeState(fd, range.offset, range.length));
  }

  table(): CountTable {
    return this.#grid.table();
  }
}

function rangeOf(operation: Operation): Range | null {
  switch (operation.op) {
    case 'read':
      return { row: 'read', handle: operation.handle, offset: null, length: operation.length };
    case 'write':
      return { row: 'write', handle: operation.handle, offset: null, length: operation.content.length };
    case 'pwrite': {
      const { handle, offset, content } = operation;
      return { row: 'pwrite', handle, offset, length: content.length };
    }
    case 'fallocate': {
      const { handle, mode, offset, length } = operation;
      return { row: `fallocate ${mode}`, handle, offset, length };
    }
    case 'pread':
    case 'readahead':
    case 'fadvise':
    case 'sync-file-range': {
      const { op: row, handle, offset, length } = operation;
      return { row, handle, offset, length };
    }
    case 'ftruncate':
      return { row: 'ftruncate', handle: operation.handle, offset: operation.size, length: 1 };
    default:
      return null;
  }
}
