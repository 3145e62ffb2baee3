import type { Handle, Operation } from '../../model/index.ts';
import type { Search } from './search.ts';

/** What reads and writes by a descriptor's position does so at an offset instead, and nobody need move the position there. */
export async function giveOffsets(search: Search): Promise<void> {
  for (let index = search.current.length - 1; index >= 0; index--) {
    const seek = search.current[index];
    if (seek?.op !== 'seek') continue;
    const given = withOffsets(search.current, seek.handle);
    if (given !== null) await search.try(given.toSpliced(index, 1));
  }
}

/** Null where somebody's position cannot be told. */
function withOffsets(operations: readonly Operation[], handle: Handle): Operation[] | null {
  const positions = positionsOf(operations, handle);
  const given = operations.map((operation, index): Operation | null => {
    if ((operation.op !== 'read' && operation.op !== 'write') || operation.handle !== handle)
      return operation;
    const offset = positions[index] ?? null;
    if (offset === null || offset < 0) return null;
    return operation.op === 'read'
      ? { ...operation, op: 'pread', offset }
      : { ...operation, op: 'pwrite', offset };
  });
  return given.every((operation) => operation !== null) ? given : null;
}

/**
 * Where a descriptor stands before each operation, in bytes, and behind the last, as far as that can be told from the operations alone:
 * every call did what it could. Null where it depends on what the file holds.
 */
export function positionsOf(operations: readonly Operation[], handle: Handle): (number | null)[] {
  let position: number | null = null;
  return [null, ...operations.map((operation) => (position = positionAfter(operation, handle, position)))];
}

function positionAfter(operation: Operation, handle: Handle, position: number | null): number | null {
  switch (operation.op) {
    case 'open':
      return operation.as !== handle ? position : operation.flags.append === true ? null : 0;
    case 'seek':
      if (operation.handle !== handle) return position;
      if (operation.whence === 'set') return operation.offset;
      return operation.whence === 'current' && position !== null ? position + operation.offset : null;
    case 'write':
      return operation.handle !== handle || position === null
        ? position
        : position + operation.content.length;
    case 'read':
      return operation.handle !== handle || position === null ? position : position + operation.length;
    case 'copy-file-range':
    case 'sendfile':
      return operation.from === handle || operation.to === handle ? null : position;
    default:
      return position;
  }
}
