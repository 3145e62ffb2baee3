import type { Handle, MappingName, Operation } from '../../model/index.ts';
import type { Search } from './search.ts';

/** Pairs are tried when there are at most so many operations: the number of pairs grows with the square. */
const PAIRS_MAX = 16;

/** The descriptors that an operation makes or uses. */
export function handlesOf(operation: Operation): readonly Handle[] {
  if (operation.op === 'open') return [operation.as];
  if (operation.op === 'copy-file-range' || operation.op === 'sendfile')
    return [operation.from, operation.to];
  if (operation.op === 'move-extent') return [operation.handle, operation.donor];
  return 'handle' in operation ? [operation.handle] : [];
}

/** The descriptors and the mapping that an operation needs. */
const namesUsed = (operation: Operation): readonly (Handle | MappingName)[] =>
  'mapping' in operation ? [operation.mapping] : handlesOf(operation);

/**
 * Without operations on descriptors and mappings that nothing before them makes: removing what did made them meaningless.
 */
export function withoutOrphans(operations: readonly Operation[]): Operation[] {
  const made = new Set<Handle | MappingName>();
  return operations.filter((operation) => {
    if (operation.op === 'open') made.add(operation.as);
    if (!namesUsed(operation).every((name) => made.has(name))) return false;
    if (operation.op === 'mmap') made.add(operation.as);
    return true;
  });
}

/** Tries what is left after a removal, first without what became meaningless by it. */
async function tryRest(search: Search, rest: readonly Operation[]): Promise<boolean> {
  const pruned = withoutOrphans(rest);
  if (pruned.length < rest.length && (await search.try(pruned))) return true;
  return search.try(rest);
}

/**
 * Delta debugging (Zeller and Hildebrandt, ddmin): one of n chunks alone, else all but one of them, else finer chunks,
 * until no single operation can go.
 */
export async function deltaDebug(search: Search): Promise<void> {
  let chunks = 2;
  while (search.current.length >= 2) {
    const next = await coarserChunks(search, chunks);
    if (next !== null) chunks = next;
    else if (chunks >= search.current.length) return;
    else chunks = Math.min(search.current.length, chunks * 2);
  }
}

/** Tries the chunks; the number of chunks to go on with when one of them could go, else null. */
async function coarserChunks(search: Search, chunks: number): Promise<number | null> {
  const operations = search.current;
  const bounds = Array.from({ length: chunks + 1 }, (_, index) =>
    Math.floor((operations.length * index) / chunks),
  );
  for (let index = 0; chunks > 2 && index < chunks; index++) {
    if (await search.try(operations.slice(bounds[index], bounds[index + 1]))) return 2;
  }
  // From the back: what comes after the culprits is what is most surely superfluous.
  for (let index = chunks - 1; index >= 0; index--) {
    const rest = [...operations.slice(0, bounds[index]), ...operations.slice(bounds[index + 1])];
    if (await tryRest(search, rest)) return Math.max(2, chunks - 1);
  }
  return null;
}

/** All operations of one kind, or all on one descriptor, at once: chunks do not find what lies scattered. */
export async function removeGroups(search: Search): Promise<void> {
  const groupsOf = (operation: Operation): string[] => [operation.op, ...namesUsed(operation)];
  const groups = new Set(search.current.flatMap(groupsOf));
  for (const group of groups) {
    await tryRest(
      search,
      search.current.filter((operation) => !groupsOf(operation).includes(group)),
    );
  }
}

/** Single operations, from the back, until none can go. */
export async function removeSingles(search: Search): Promise<void> {
  let removed = true;
  while (removed) {
    removed = false;
    for (let index = search.current.length - 1; index >= 0; index--) {
      const rest = search.current.filter((_, place) => place !== index);
      if (await tryRest(search, rest)) removed = true;
      index = Math.min(index, search.current.length);
    }
  }
}

/** Two operations that need each other: an open and its close, a change and what takes it back. */
export async function removePairs(search: Search): Promise<void> {
  if (search.current.length > PAIRS_MAX) return;
  for (let second = search.current.length - 1; second > 0; second--) {
    for (let first = second - 1; first >= 0; first--) {
      const rest = search.current.filter((_, place) => place !== first && place !== second);
      if (await tryRest(search, rest)) return removePairs(search);
    }
  }
}
