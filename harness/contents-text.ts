import type { Content, Operation } from '../model/index.ts';
import { quoted } from './quoted.ts';

type ContentsOperation = Extract<
  Operation,
  { op: 'read' | 'pread' | 'write' | 'pwrite' | 'seek' | 'fallocate' | 'fiemap' | 'bmap' }
>;

export const contentText = (content: Content): string => `${content.length} bytes of content ${content.seed}`;

/** What touches a file's bytes, as a call. */
export function contentsText(operation: ContentsOperation): string {
  switch (operation.op) {
    case 'read':
      return `read(${operation.handle}, ${operation.length} bytes)`;
    case 'pread':
      return `pread(${operation.handle}, ${operation.length} bytes, at ${operation.offset})`;
    case 'write':
      return `write(${operation.handle}, ${contentText(operation.content)})`;
    case 'pwrite':
      return `pwrite(${operation.handle}, ${contentText(operation.content)}, at ${operation.offset})`;
    case 'seek':
      return `seek(${operation.handle}, ${operation.offset}, ${operation.whence})`;
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
