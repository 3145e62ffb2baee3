import type { Operation } from './operation.ts';
import { directRefusal, isDirect } from './direct-io.ts';
import type { State } from './state.ts';
import { hasRwf } from './transfer.ts';
import type { OperationOf } from './operation-of.ts';

/** Whether the kernel leaves it open what `operation` answers, so that whoever asks must follow what came. */
export function leavesChoice(state: State, operation: Operation): boolean {
  switch (operation.op) {
    case 'seek':
      return operation.whence === 'data' || operation.whence === 'hole';
    case 'read':
    case 'pread':
    case 'write':
    case 'pwrite':
      return transferLeavesChoice(state, operation);
    default:
      return false;
  }
}

type Transferring = OperationOf<'read' | 'pread' | 'write' | 'pwrite'>;

/** Whoever must not wait may get less; and past the page cache it depends on blocks. */
function transferLeavesChoice(state: State, operation: Transferring): boolean {
  if (hasRwf(operation, 'nowait')) return true;
  const writes = 'content' in operation;
  if (writes && operation.faultAt === 0) return true;
  const file = state.handles.get(operation.handle);
  if (file?.direct !== true || file.inode.type !== 'file') return false;
  if (!isDirect(state, file, file.inode)) return false;
  if (operation.faultAt !== undefined) return true;
  const length = writes ? operation.content.length : operation.length;
  const appends = writes && (file.append || hasRwf(operation, 'append'));
  const offset = appends ? file.size : 'offset' in operation ? operation.offset : file.position;
  return directRefusal(state, file.inode, offset, { ...operation, length }, writes) !== 'never';
}
