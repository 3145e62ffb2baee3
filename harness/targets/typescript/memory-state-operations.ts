import type { FileSystem } from '../../../generated/impl/index.ts';
import type { Operation, Outcome } from '../../../model/index.ts';
import { opened } from './opened.ts';
import { counted, DONE } from './outcomes.ts';

/** Operations about what is in memory, on the device, and how both are mounted: no file shows them. */
export type MemoryStateOperation = Extract<
  Operation,
  {
    op:
      | 'drop-caches'
      | 'reclaim'
      | 'writeback'
      | 'trim'
      | 'swapon'
      | 'swapoff'
      | 'freeze'
      | 'thaw'
      | 'reconfigure';
  }
>;

export function performOnMemoryState(fs: FileSystem, operation: MemoryStateOperation): Outcome {
  switch (operation.op) {
    case 'drop-caches':
      fs.dropCaches(operation.what);
      return DONE;
    case 'reclaim': {
      const { path, offset, length } = operation;
      opened(fs, path, () => fs.reclaim(path, offset, length));
      return DONE;
    }
    case 'writeback': {
      const { path, offset, length } = operation;
      opened(fs, path, () => fs.writeback(path, offset, length));
      return DONE;
    }
    case 'trim':
      return counted(fs.trim(operation.start, operation.length, operation.minimum));
    case 'swapon':
    case 'swapoff':
      fs[operation.op](operation.path);
      return DONE;
    case 'freeze':
    case 'thaw':
      fs[operation.op]();
      return DONE;
    case 'reconfigure':
      fs.reconfigure(operation.mount);
      return DONE;
  }
}
