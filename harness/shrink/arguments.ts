import type { Content, Operation } from '../../model/index.ts';
import { simplerNumbers, simplerOperations } from '../generate/simpler.ts';
import type { Search } from './search.ts';

/** Sequences that are longer get smaller arguments in another round, when they have become shorter. */
const OPERATIONS_MAX = 64;

/** Whole blocks count as simpler than what lies below them (measure.ts), so numbers are rounded up as well. */
const ROUNDED_UP = [4096, 1024, 512] as const;

const simplerBytes = (bytes: number): number[] => [
  ...simplerNumbers(bytes),
  ...(bytes > 0 ? ROUNDED_UP.map((unit) => Math.ceil(bytes / unit) * unit) : []),
];

/** One number of bytes for another in all places where a file's bytes are counted. */
function mapBytes(operation: Operation, map: (bytes: number) => number): Operation {
  switch (operation.op) {
    case 'read':
      return { ...operation, length: map(operation.length) };
    case 'pread':
    case 'fallocate':
    case 'fiemap':
    case 'readahead':
    case 'fadvise':
    case 'sync-file-range':
    case 'mmap':
    case 'load':
    case 'msync':
    case 'reclaim':
    case 'writeback':
      return { ...operation, offset: map(operation.offset), length: map(operation.length) };
    case 'copy-file-range': {
      const { fromOffset, toOffset, length } = operation;
      return {
        ...operation,
        fromOffset: fromOffset === null ? null : map(fromOffset),
        toOffset: toOffset === null ? null : map(toOffset),
        length: map(length),
      };
    }
    case 'sendfile': {
      const { fromOffset, length } = operation;
      return { ...operation, fromOffset: fromOffset === null ? null : map(fromOffset), length: map(length) };
    }
    case 'write':
      return { ...operation, content: mapLength(operation.content, map) };
    case 'pwrite':
    case 'store':
      return { ...operation, offset: map(operation.offset), content: mapLength(operation.content, map) };
    case 'seek':
      return { ...operation, offset: map(operation.offset) };
    case 'truncate':
    case 'ftruncate':
      return { ...operation, size: map(operation.size) };
    default:
      return operation;
  }
}

const mapLength = (content: Content, map: (bytes: number) => number): Content => ({
  seed: content.seed,
  length: map(content.length),
});

/** Only where bytes lie, not how many there are. */
function mapPlaces(operation: Operation, map: (place: number) => number): Operation {
  switch (operation.op) {
    case 'pread':
    case 'pwrite':
    case 'seek':
    case 'fallocate':
    case 'fiemap':
    case 'readahead':
    case 'fadvise':
    case 'sync-file-range':
      return { ...operation, offset: map(operation.offset) };
    case 'copy-file-range': {
      const { fromOffset, toOffset } = operation;
      return {
        ...operation,
        fromOffset: fromOffset === null ? null : map(fromOffset),
        toOffset: toOffset === null ? null : map(toOffset),
      };
    }
    case 'sendfile':
      return { ...operation, fromOffset: operation.fromOffset === null ? null : map(operation.fromOffset) };
    case 'truncate':
    case 'ftruncate':
      return { ...operation, size: map(operation.size) };
    default:
      return operation;
  }
}

function collect(
  operations: readonly Operation[],
  visit: (operation: Operation, map: (bytes: number) => number) => Operation,
): number[] {
  const found = new Set<number>();
  for (const operation of operations) {
    visit(operation, (number) => {
      found.add(number);
      return number;
    });
  }
  return [...found].sort((left, right) => right - left);
}

/**
 * All places move towards the start together: what matters is often where they lie to each other. Each of them moves once; whoever went on
 * until none moves any more would take the time of the removals that a move makes possible, which come before the next round.
 */
export async function movePlaces(search: Search): Promise<void> {
  for (let index = 1; ; index++) {
    const place = collect(search.current, mapPlaces)
      .filter((each) => each > 0)
      .at(-index);
    if (place === undefined) return;
    await search.tryFirst(movedBack(search.current, place));
  }
}

/** All places from `place` on nearer to the start, the farthest move first. */
function* movedBack(operations: readonly Operation[], place: number): Generator<Operation[]> {
  for (const distance of simplerNumbers(place + 1).reverse()) {
    const moved = (from: number): number => (from >= distance && from >= place ? from - distance : from);
    if (distance > 0) yield operations.map((one) => mapPlaces(one, moved));
  }
}

/** A number that stands in several places becomes a simpler one in all of them. */
export async function simplifyEqualNumbers(search: Search): Promise<void> {
  if (search.current.length > OPERATIONS_MAX) return;
  for (const number of collect(search.current, mapBytes)) {
    const candidates = simplerBytes(number).map((simpler) =>
      search.current.map((operation) => mapBytes(operation, (old) => (old === number ? simpler : old))),
    );
    await search.tryFirst(candidates);
  }
}

/** Each argument of each operation by itself, until none gets simpler. */
export async function simplifyArguments(search: Search): Promise<void> {
  if (search.current.length > OPERATIONS_MAX) return;
  for (let index = 0; index < search.current.length; index++) {
    while (await simplifyOne(search, index));
  }
}

async function simplifyOne(search: Search, index: number): Promise<boolean> {
  const operation = search.current[index];
  if (operation === undefined) return false;
  for (const simpler of simplerOperations(operation, simplerBytes)) {
    if (await search.try(search.current.with(index, simpler))) return true;
  }
  return false;
}
