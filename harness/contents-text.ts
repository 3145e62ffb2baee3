import type { Content, Operation, OperationName, TransferOptions } from '../model/index.ts';
import { quoted } from './quoted.ts';

export const contentText = (content: Content): string => `${content.length} bytes of content ${content.seed}`;

const placeText = (offset: number | null): string => (offset === null ? '' : ` at ${offset}`);

/** How a transfer is called, where it is no plain one. */
function transferText({ rwf, pieces, faultAt, misaligned }: TransferOptions): string {
  return [
    ...(rwf === undefined ? [] : [`, ${rwf.join(' + ')}`]),
    ...(pieces === undefined ? [] : [`, in pieces of ${pieces.join(', ')} and the rest`]),
    ...(faultAt === undefined ? [] : [`, no memory from byte ${faultAt} on`]),
    ...(misaligned === undefined ? [] : [`, from memory ${misaligned} bytes off`]),
  ].join('');
}

/** Operations whose text is here. */
const NAMES = [
  'read',
  'pread',
  'write',
  'pwrite',
  'copy-file-range',
  'sendfile',
  'readahead',
  'fadvise',
  'sync-file-range',
  'mmap',
  'munmap',
  'load',
  'store',
  'msync',
  'seek',
  'fallocate',
  'move-extent',
  'fiemap',
  'bmap',
  'reclaim',
  'writeback',
  'trim',
  'reconfigure',
] as const satisfies OperationName[];

export type ContentsOperation = Extract<Operation, { op: (typeof NAMES)[number] }>;

export const isContentsOperation = (operation: Operation): operation is ContentsOperation =>
  (NAMES as readonly string[]).includes(operation.op);

/** What touches a file's bytes, as a call. */
export function contentsText(operation: ContentsOperation): string {
  switch (operation.op) {
    case 'read':
      return `read(${operation.handle}, ${operation.length} bytes${transferText(operation)})`;
    case 'pread':
      return `pread(${operation.handle}, ${operation.length} bytes, at ${operation.offset}${transferText(operation)})`;
    case 'write':
      return `write(${operation.handle}, ${contentText(operation.content)}${transferText(operation)})`;
    case 'pwrite':
      return `pwrite(${operation.handle}, ${contentText(operation.content)}, at ${operation.offset}${transferText(operation)})`;
    case 'copy-file-range': {
      const { from, fromOffset, to, toOffset, length } = operation;
      return `copy-file-range(${from}${placeText(fromOffset)}, ${to}${placeText(toOffset)}, ${length} bytes)`;
    }
    case 'sendfile': {
      const { from, fromOffset, to, length } = operation;
      return `sendfile(${from}${placeText(fromOffset)}, ${to}, ${length} bytes)`;
    }
    case 'readahead':
      return `readahead(${operation.handle}, ${operation.length} bytes, at ${operation.offset})`;
    case 'fadvise': {
      const { handle, offset, length, advice } = operation;
      return `fadvise(${handle}, ${length} bytes, at ${offset}, ${advice})`;
    }
    case 'sync-file-range': {
      const { handle, offset, length, wait, write } = operation;
      return `sync-file-range(${handle}, ${length} bytes, at ${offset}, wait ${wait}${write ? ', write' : ''})`;
    }
    case 'mmap': {
      const { handle, length, offset, sharing, access } = operation;
      return `${operation.as} = mmap(${handle}, ${length} bytes, at ${offset}, ${sharing}, ${access})`;
    }
    case 'munmap':
      return `munmap(${operation.mapping})`;
    case 'load':
      return `load(${operation.mapping}, ${operation.length} bytes, at ${operation.offset})`;
    case 'store':
      return `store(${operation.mapping}, ${contentText(operation.content)}, at ${operation.offset})`;
    case 'msync':
      return `msync(${operation.mapping}, ${operation.length} bytes, at ${operation.offset}, ${operation.mode})`;
    case 'seek':
      return `seek(${operation.handle}, ${operation.offset}, ${operation.whence})`;
    case 'fallocate': {
      const { handle, mode, offset, length } = operation;
      return `fallocate(${handle}, ${mode}, ${length} bytes, at ${offset})`;
    }
    case 'move-extent': {
      const { handle, donor, offset, donorOffset, length } = operation;
      return `move-extent(${handle}, ${length} blocks, at ${offset}, places of ${donor} at ${donorOffset})`;
    }
    case 'fiemap': {
      const sync = operation.sync === true ? ', sync' : '';
      return `fiemap(${quoted(operation.path)}, ${operation.length} bytes, at ${operation.offset}${sync})`;
    }
    case 'reclaim':
    case 'writeback':
      return `${operation.op}(${quoted(operation.path)}, ${operation.length} bytes, at ${operation.offset})`;
    case 'trim':
      return `trim(${operation.length} bytes, at ${operation.start}, pieces of ${operation.minimum} or more)`;
    case 'reconfigure':
      return `reconfigure(${JSON.stringify(operation.mount)})`;
    case 'bmap':
      return `bmap(${quoted(operation.path)}, block ${operation.block})`;
  }
}
