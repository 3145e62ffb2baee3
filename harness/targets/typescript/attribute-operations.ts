import type { FileSystem } from '../../../generated/impl/index.ts';
import type { Operation, Outcome } from '../../../model/index.ts';
import { changedFlagBits, flagNamesOf } from '../../inode-flag-bits.ts';
import { opened } from './opened.ts';
import { DONE, success } from './outcomes.ts';
import { xattrBytes } from '../xattr-value.ts';

export type AttributeOperation = Extract<
  Operation,
  {
    op:
      | 'chmod'
      | 'chown'
      | 'utimens'
      | 'setxattr'
      | 'getxattr'
      | 'removexattr'
      | 'listxattr'
      | 'chattr'
      | 'set-project'
      | 'lsattr';
  }
>;

/** The operations on what an inode says about a file. */
export function performOnAttributes(fs: FileSystem, operation: AttributeOperation): Outcome {
  switch (operation.op) {
    case 'chmod':
      fs.chmod(operation.path, operation.mode);
      return DONE;
    case 'chown':
      fs.chown(operation.path, operation.uid, operation.gid);
      return DONE;
    case 'utimens':
      fs.utimens(operation.path, operation.atime, operation.mtime);
      return DONE;
    case 'setxattr':
    case 'getxattr':
    case 'removexattr':
    case 'listxattr':
      return performOnXattrs(fs, operation);
    case 'chattr':
      return opened(fs, operation.path, (fd) => {
        fs.setFlags(fd, changedFlagBits(fs.getFlags(fd), operation));
        return DONE;
      });
    case 'set-project': {
      const { path, project } = operation;
      return opened(fs, path, (fd) => {
        fs.setProject(fd, project, fs.fstat(fd).type === 'directory' ? project !== 0 : null);
        return DONE;
      });
    }
    case 'lsattr':
      return opened(fs, operation.path, (fd) => {
        const flags = flagNamesOf(fs.getFlags(fd));
        return success({ kind: 'flags', flags, project: fs.getProject(fd) });
      });
  }
}

type XattrOperation = Extract<
  AttributeOperation,
  { op: 'setxattr' | 'getxattr' | 'removexattr' | 'listxattr' }
>;

function performOnXattrs(fs: FileSystem, operation: XattrOperation): Outcome {
  const { path } = operation;
  const where = { nofollow: operation.nofollow === true };
  switch (operation.op) {
    case 'setxattr': {
      const { name, value, flag } = operation;
      const flags = { create: flag === 'create', replace: flag === 'replace', ...where };
      fs.setxattr(path, name, xattrBytes(value), flags);
      return DONE;
    }
    case 'getxattr':
      return success({ kind: 'data', bytes: fs.getxattr(path, operation.name, where) });
    case 'removexattr':
      fs.removexattr(path, operation.name, where);
      return DONE;
    case 'listxattr':
      return success({ kind: 'names', names: fs.listxattr(path, where).sort() });
  }
}
