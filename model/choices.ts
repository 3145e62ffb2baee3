import type { Operation } from './operation.ts';
import { directRefusal, isDirect } from './direct-io.ts';
import { isKnownInsertion } from './preallocating.ts';
import type { State } from './state.ts';
import { hasRwf } from './transfer.ts';
import type { OperationOf } from './operation-of.ts';

/** Whether the kernel leaves it open what `operation` answers, so that whoever asks must follow what came. */
export function leavesChoice(state: State, operation: Operation): boolean {
  switch (operation.op) {
    case 'seek':
      return (
        operation.whence === 'data' || operation.whence === 'hole' || mayReachBeyondPointers(state, operation)
      );
    case 'truncate':
    case 'ftruncate':
    case 'copy-file-range':
    case 'sendfile':
      return mayReachBeyondPointers(state, operation);
    case 'move-extent':
    case 'swapon':
      return true;
    case 'fallocate':
      return !isKnownInsertion(state, operation);
    case 'chattr':
      return state.options.inlineData || operation.extents !== undefined;
    case 'set-project':
      return state.options.inlineData;
    case 'read':
    case 'pread':
    case 'write':
    case 'pwrite':
      return transferLeavesChoice(state, operation) || mayReachBeyondPointers(state, operation);
    default:
      return false;
  }
}

type Reaching = OperationOf<
  'truncate' | 'ftruncate' | 'seek' | 'write' | 'pwrite' | 'read' | 'pread' | 'copy-file-range' | 'sendfile'
>;

/** Whether it may matter that contents in an inode are not mapped by extents: somewhere beyond what indirect blocks reach. */
function mayReachBeyondPointers({ options, handles }: State, operation: Reaching): boolean {
  const { inlineData, extents, maxIndirectBytes } = options;
  if (!inlineData || !extents || operation.op === 'read' || operation.op === 'pread') return false;
  if ('size' in operation) return operation.size > maxIndirectBytes;
  const file = handles.get('to' in operation ? operation.to : operation.handle);
  if (file === undefined) return false;
  // No more than where it ends: the sum of all that it may begin with and its length.
  const asked =
    'offset' in operation ? operation.offset : 'toOffset' in operation ? (operation.toOffset ?? 0) : 0;
  const length =
    'content' in operation ? operation.content.length : 'length' in operation ? operation.length : 0;
  return Math.max(asked, 0) + file.position + file.size + length > maxIndirectBytes;
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
  return directRefusal(state, file.inode, offset, { length, ...operation }, writes) !== 'never';
}
