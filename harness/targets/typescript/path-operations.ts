import type { FileSystem } from '../../../impl/index.ts';
import type { Operation, Outcome, Path } from '../../../model/index.ts';
import { DONE, sortedEntries, statOutcome, success } from './outcomes.ts';

type PathOperation = Extract<
  Operation,
  { path: Path } | { from: Path } | { to: Path } | { groups: readonly number[] }
>;

/** What this target does not know yet: generation leaves it out. */
const NOT_PERFORMED: Outcome = { ok: false, errno: 'EOPNOTSUPP' };

/** The operations that name what they work on by a path. */
export function performOnPath(fs: FileSystem, operation: Exclude<PathOperation, { op: 'open' }>): Outcome {
  switch (operation.op) {
    case 'readlink':
      return success({ kind: 'text', text: fs.readlink(operation.path) });
    case 'stat':
      return statOutcome(fs.stat(operation.path));
    case 'lstat':
      return statOutcome(fs.lstat(operation.path));
    case 'readdir':
      return success({ kind: 'entries', entries: sortedEntries(fs.readdir(operation.path)) });
    case 'truncate':
      fs.truncate(operation.path, operation.size);
      return DONE;
    case 'mkdir':
      fs.mkdir(operation.path, operation.mode);
      return DONE;
    case 'rmdir':
      fs.rmdir(operation.path);
      return DONE;
    case 'unlink':
      fs.unlink(operation.path);
      return DONE;
    case 'rename':
      fs.rename(operation.from, operation.to);
      return DONE;
    case 'link':
      fs.link(operation.from, operation.to);
      return DONE;
    case 'symlink':
      fs.symlink(operation.target, operation.path);
      return DONE;
    case 'chmod':
      fs.chmod(operation.path, operation.mode);
      return DONE;
    case 'chown':
      fs.chown(operation.path, operation.uid, operation.gid);
      return DONE;
    case 'utimens':
      fs.utimens(operation.path, operation.atime, operation.mtime);
      return DONE;
    default:
      return NOT_PERFORMED;
  }
}
