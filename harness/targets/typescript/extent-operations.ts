import type { FiemapExtent, FileSystem } from '../../../generated/impl/index.ts';
import type { FileExtent, Operation, Outcome } from '../../../model/index.ts';
import { stateOf } from './mapped-runs.ts';
import { opened } from './opened.ts';
import { counted, success } from './outcomes.ts';

/** Operations that tell where the bytes of a file are. Both open the name for reading, as the performer does. */
export type ExtentOperation = Extract<Operation, { op: 'fiemap' | 'bmap' }>;

export function performOnExtents(fs: FileSystem, operation: ExtentOperation): Outcome {
  switch (operation.op) {
    case 'fiemap': {
      const { path, offset, length, sync = false } = operation;
      const found = opened(fs, path, (fd) => fs.fiemap(fd, offset, length, { sync }));
      return success({ kind: 'extents', extents: found.map(shown) });
    }
    case 'bmap':
      // FIBMAP is handed an int.
      return counted(opened(fs, operation.path, (fd) => fs.bmap(fd, operation.block | 0)));
  }
}

const shown = (extent: FiemapExtent): FileExtent => ({
  offset: extent.logical,
  length: extent.length,
  state: stateOf(extent),
});
