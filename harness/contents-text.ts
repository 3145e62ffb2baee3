import type { Operation } from '../model/index.ts';
import { quoted } from './quoted.ts';

type ContentsOperation = Extract<Operation, { op: 'fallocate' | 'fiemap' | 'bmap' }>;

/** What touches a file's bytes beside reading and writing them, as a call. */
export function contentsText(operation: ContentsOperation): string {
  switch (operation.op) {
    case 'fallocate': {
      const { handle, mode, offset, length } = operation;
      return `fallocate(${handle}, ${mode}, ${length} bytes, at ${offset})`;
    }
    case 'fiemap': {
      const sync = operation.sync === true ? ', sync' : '';
      return `fiemap(${quoted(operation.path)}, ${operation.length} bytes, at ${operation.offset}${sync})`;
    }
    case 'bmap':
      return `bmap(${quoted(operation.path)}, block ${operation.block})`;
  }
}
