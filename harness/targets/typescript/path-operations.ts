import type { FileSystem } from '../../../generated/impl/index.ts';
import type { Operation, Outcome, Path, RenameFlag } from '../../../model/index.ts';
import { performOnAttributes, type AttributeOperation } from './attribute-operations.ts';
import { performOnExtents, type ExtentOperation } from './extent-operations.ts';
import type { TransferOperation } from './transfer-operations.ts';
import { DONE, sortedEntries, statOutcome, success } from './outcomes.ts';

type PathOperation = Exclude<
  Extract<Operation, { path: Path } | { from: Path }>,
  { op: 'open' | 'reclaim' | 'writeback' | 'swapon' | 'swapoff' } | TransferOperation
>;

const RENAME_FLAGS = {
  noreplace: { noreplace: true },
  exchange: { exchange: true },
  whiteout: { whiteout: true },
} as const satisfies Record<RenameFlag, object>;

/** The operations that name what they work on by a path. */
export function performOnPath(fs: FileSystem, operation: PathOperation): Outcome {
  switch (operation.op) {
    case 'readlink':
      return success({ kind: 'text', text: fs.readlink(operation.path) });
    case 'stat':
      return statOutcome(fs.stat(operation.path));
    case 'lstat':
      return statOutcome(fs.lstat(operation.path));
    case 'readdir':
      return success({ kind: 'entries', entries: sortedEntries(fs.readdir(operation.path)) });
    case 'fiemap':
    case 'bmap':
      return performOnExtents(fs, operation);
    case 'truncate':
      fs.truncate(operation.path, operation.size);
      return DONE;
    case 'mkdir':
    case 'mknod':
    case 'symlink':
    case 'link':
    case 'rename':
    case 'rmdir':
    case 'unlink':
      changeNames(fs, operation);
      return DONE;
    default:
      return performOnAttributes(fs, operation);
  }
}

type NameOperation = Exclude<
  PathOperation,
  AttributeOperation | ExtentOperation | { op: 'readlink' | 'stat' | 'lstat' | 'readdir' | 'truncate' }
>;

function changeNames(fs: FileSystem, operation: NameOperation): void {
  switch (operation.op) {
    case 'mkdir':
      return fs.mkdir(operation.path, operation.mode);
    case 'mknod':
      return fs.mknod(operation.path, operation.type, operation.mode, operation.device);
    case 'symlink':
      return fs.symlink(operation.target, operation.path);
    case 'link':
      return fs.link(operation.from, operation.to);
    case 'rename':
      return fs.rename(operation.from, operation.to, operation.flag && RENAME_FLAGS[operation.flag]);
    case 'rmdir':
      return fs.rmdir(operation.path);
    case 'unlink':
      return fs.unlink(operation.path);
  }
}
