import type { FallocateMode, Handle, MappingName, Operation } from '../../model/index.ts';
import { TRANSFER_BYTES_MAX } from '../operation-schema.ts';
import { mapHandles } from './map-handles.ts';
import { withoutOrphans } from './removal.ts';
import type { Search } from './search.ts';

type Open = Extract<Operation, { op: 'open' }>;

function openOf(operations: readonly Operation[], handle: Handle): Open | undefined {
  return operations.find((one): one is Open => one.op === 'open' && one.as === handle);
}

/** The bytes that a mapping's bytes from `offset` on show: a place of its file. Null when nobody made the mapping. */
function placeBehind(
  operations: readonly Operation[],
  mapping: MappingName,
  offset: number,
): { readonly handle: Handle; readonly offset: number } | null {
  const made = operations.find(
    (one): one is Extract<Operation, { op: 'mmap' }> => one.op === 'mmap' && one.as === mapping,
  );
  return made === undefined ? null : { handle: made.handle, offset: made.offset + offset };
}

/** Other operations that do less, or the same with less before it. */
function cheaperOperations(operations: readonly Operation[], operation: Operation): Operation[] {
  switch (operation.op) {
    case 'remount':
      return [{ op: 'sync' }, { op: 'drop-caches' }];
    case 'writeback':
    case 'reclaim':
    case 'trim':
    case 'freeze':
    case 'reconfigure':
      return [{ op: 'sync' }, { op: 'drop-caches' }];
    case 'fdatasync':
    case 'mkswap':
    case 'syncfs':
    case 'sync-file-range':
      return [{ op: 'fsync', handle: operation.handle }];
    case 'copy-file-range':
    case 'sendfile':
      return [
        { op: 'pread', handle: operation.from, offset: operation.fromOffset ?? 0, length: operation.length },
        {
          op: 'pwrite',
          handle: operation.to,
          offset: ('toOffset' in operation ? operation.toOffset : null) ?? 0,
          content: { seed: 1, length: operation.length },
        },
      ];
    case 'sync':
      return operations
        .filter((one): one is Open => one.op === 'open')
        .map((one) => ({ op: 'fsync', handle: one.as }));
    case 'write':
      return [{ op: 'pwrite', handle: operation.handle, offset: 0, content: operation.content }];
    case 'read':
      return [{ op: 'pread', handle: operation.handle, offset: 0, length: operation.length }];
    case 'store': {
      const place = placeBehind(operations, operation.mapping, operation.offset);
      return place === null ? [] : [{ op: 'pwrite', ...place, content: operation.content }];
    }
    case 'load': {
      const place = placeBehind(operations, operation.mapping, operation.offset);
      return place === null ? [] : [{ op: 'pread', ...place, length: operation.length }];
    }
    case 'ftruncate':
    case 'fstat': {
      const path = openOf(operations, operation.handle)?.path;
      if (path === undefined) return [];
      return operation.op === 'fstat'
        ? [{ op: 'stat', path }]
        : [{ op: 'truncate', path, size: operation.size }];
    }
    default:
      return [];
  }
}

export async function replaceByCheaper(search: Search): Promise<void> {
  for (let index = 0; index < search.current.length; index++) {
    const { current } = search;
    const operation = current[index];
    if (operation === undefined) continue;
    await search.tryFirst(
      cheaperOperations(current, operation).map((cheaper) => current.with(index, cheaper)),
    );
  }
}

/** One descriptor instead of two: the later open goes, and with it the closes before it, or those of the earlier one. */
export async function mergeHandles(search: Search): Promise<void> {
  const opens = search.current.filter((one): one is Open => one.op === 'open');
  for (const later of opens) {
    for (const earlier of opens) {
      if (earlier === later) break;
      if (await search.tryFirst(mergedHandles(search.current, earlier, later))) return mergeHandles(search);
    }
  }
}

function* mergedHandles(
  operations: readonly Operation[],
  earlier: Open,
  later: Open,
): Generator<Operation[]> {
  const place = operations.indexOf(later);
  for (const open of [earlier, openedAsBoth(earlier, later)]) {
    const opened = operations.with(operations.indexOf(earlier), open);
    const merged = (keep: (operation: Operation, index: number) => boolean): Operation[] =>
      opened
        .filter((operation, index) => operation !== later && keep(operation, index))
        .map((operation) => mapHandles(operation, (handle) => (handle === later.as ? earlier.as : handle)));
    yield merged(({ op }, index) => op !== 'close' || index > place);
    yield merged((operation) => operation.op !== 'close' || operation.handle !== earlier.as);
    yield merged(() => true);
  }
}

/** What made the file, and what went past its cache, say, may have been two descriptors by chance only. */
const openedAsBoth = (earlier: Open, later: Open): Open => ({
  ...earlier,
  access: earlier.access === later.access ? earlier.access : 'read-write',
  flags: { ...earlier.flags, ...later.flags },
});

/** Descriptors and seeds are numbered in the order in which they appear. */
export async function renumber(search: Search): Promise<void> {
  const handles = new Numbering<Handle>();
  const seeds = new Numbering<number>();
  const renamed = search.current.map((operation) =>
    mapHandles(operation, (handle): Handle => `fd${handles.of(handle)}`),
  );
  await search.try(renamed);
  const mappings = new Numbering<MappingName>();
  const remapped = search.current.map((operation): Operation => {
    if (operation.op === 'mmap') return { ...operation, as: `map${mappings.of(operation.as)}` };
    return 'mapping' in operation
      ? { ...operation, mapping: `map${mappings.of(operation.mapping)}` }
      : operation;
  });
  await search.try(remapped);
  const reseeded = search.current.map((operation) =>
    operation.op === 'write' || operation.op === 'pwrite' || operation.op === 'store'
      ? { ...operation, content: { ...operation.content, seed: seeds.of(operation.content.seed) + 1 } }
      : operation,
  );
  await search.try(reseeded);
}

class Numbering<T> {
  readonly #numbers = new Map<T, number>();

  of(value: T): number {
    let number = this.#numbers.get(value);
    if (number === undefined) this.#numbers.set(value, (number = this.#numbers.size));
    return number;
  }
}

/** Two writes that continue each other become one. */
export async function mergeWrites(search: Search): Promise<void> {
  for (let index = 0; index + 1 < search.current.length; index++) {
    const [first, second] = search.current.slice(index, index + 2);
    if (first?.op !== 'pwrite' || second?.op !== 'pwrite' || first.handle !== second.handle) continue;
    const { length } = first.content;
    if (first.offset + length !== second.offset) continue;
    const both = withAmount(first, length + second.content.length);
    if (both !== null) await search.try(search.current.toSpliced(index, 2, both));
  }
}

/** The bytes that an operation takes places for, or may; null for others. */
function amountOf(operation: Operation): number | null {
  switch (operation.op) {
    case 'write':
    case 'pwrite':
      return operation.content.length;
    case 'fallocate':
      return TAKES_PLACES.has(operation.mode) ? operation.length : null;
    default:
      return null;
  }
}

const TAKES_PLACES: ReadonlySet<FallocateMode> = new Set(['allocate', 'keep-size', 'zero', 'zero-keep-size']);

/** Null where one operation may not be about so much. */
function withAmount(operation: Operation, length: number): Operation | null {
  if (operation.op === 'write' || operation.op === 'pwrite')
    return length > TRANSFER_BYTES_MAX ? null : { ...operation, content: { ...operation.content, length } };
  return operation.op === 'fallocate' ? { ...operation, length } : operation;
}

/** Amounts that cover many blocks of any size. */
const LARGE_AMOUNTS = [1 << 16, 1 << 20] as const;

/** With more operations there are too many places to try. */
const AMOUNTS_TRIED_AMONG = 16;

/**
 * Single operations, from the back, where one of the others may grow: what goes had moved the places that the others take, and
 * what must meet a certain block meets it all the same when it takes many.
 */
export async function removeAndGrow(search: Search): Promise<void> {
  if (search.current.length > AMOUNTS_TRIED_AMONG) return;
  for (let index = search.current.length - 1; index >= 0; index--) {
    const rest = withoutOrphans(search.current.toSpliced(index, 1));
    await search.tryFirst(
      rest.flatMap((other, place) => {
        const own = amountOf(other);
        if (own === null) return [];
        return LARGE_AMOUNTS.filter((amount) => amount > own)
          .flatMap((amount) => withAmount(other, amount) ?? [])
          .map((more) => rest.with(place, more));
      }),
    );
    index = Math.min(index, search.current.length);
  }
}

/** What several operations take of the device one of them takes alone: what needs a full one needs it filled, by whomever. */
export async function gatherAmounts(search: Search): Promise<void> {
  for (let index = search.current.length - 1; index >= 0; index--) {
    const operation = search.current[index];
    const amount = operation === undefined ? null : amountOf(operation);
    if (amount === null) continue;
    const rest = search.current.toSpliced(index, 1);
    await search.tryFirst(
      rest.flatMap((other, place) => {
        const own = amountOf(other);
        const more = own === null ? null : withAmount(other, own + amount);
        return more === null ? [] : [rest.with(place, more)];
      }),
    );
    index = Math.min(index, search.current.length);
  }
}
