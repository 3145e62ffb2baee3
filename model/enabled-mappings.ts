import { PAGE_BYTES, isCount } from './limits.ts';
import { isDoubtful } from './mapping-calls.ts';
import type { OperationOf } from './operation-of.ts';
import type { State } from './state.ts';

/** Mappings that a run holds at most; a process may have 65,530. */
export const MAPPINGS_MAX = 64;

/** Far less than an address space. */
const MAPPED_BYTES_MAX = 2 ** 32;

/** Linux maps pages behind the largest file as well; nobody can touch them. */
export function isKnownMmap(state: State, { as, handle, offset, length }: OperationOf<'mmap'>): boolean {
  return (
    !state.mappings.has(as) &&
    state.mappings.size < MAPPINGS_MAX &&
    state.handles.has(handle) &&
    isCount(offset) &&
    isCount(length) &&
    length <= MAPPED_BYTES_MAX &&
    offset + length + PAGE_BYTES <= state.options.maxReadBytes
  );
}

type InMapping = OperationOf<'munmap' | 'load' | 'store' | 'msync'>;

/** Only within the mapping: what lies behind it in memory is somebody else's. */
export function isKnownInMapping(state: State, operation: InMapping): boolean {
  const mapping = state.mappings.get(operation.mapping);
  if (mapping === undefined) return false;
  if (operation.op === 'munmap') return true;
  const { offset } = operation;
  const length = operation.op === 'store' ? operation.content.length : operation.length;
  if (!isCount(offset) || !isCount(length) || offset + length > mapping.reach) return false;
  return operation.op === 'msync' || !isDoubtful(mapping, offset, length);
}
