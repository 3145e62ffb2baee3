import type { Handle, Operation } from './operation.ts';
import type { State } from './state.ts';

/**
 * A write that would have made the file longer, and finds no space, cuts off what lies behind the end of the file, with all that
 * fallocate had reserved there (ext4_truncate_failed_write). Answers at most how many bytes that are: where they lie is not
 * followed. 0 for what gives nothing back.
 */
export function givenBackByFailure({ handles }: State, operation: Operation): number {
  const handle = writtenHandle(operation);
  const inode = handle === null ? undefined : handles.get(handle)?.inode;
  return inode?.type === 'file' ? Math.max(0, inode.reservedBytes - inode.contents.size) : 0;
}

function writtenHandle(operation: Operation): Handle | null {
  switch (operation.op) {
    case 'write':
    case 'pwrite':
    case 'mkswap':
      return operation.handle;
    case 'copy-file-range':
    case 'sendfile':
      return operation.to;
    default:
      return null;
  }
}
