import type { Operation, Outcome } from '../model/index.ts';
import { CountGrid } from './count-grid.ts';
import { FALLOCATE_MODES, OPERATION_NAMES, isSeekForContents } from './operation-schema.ts';
import type { CallbackTable, Target } from './target.ts';
import type { Unperformed } from './unperformed.ts';

/** Ways of an operation that are ways to touch a file's bytes of their own. */
const WAYS = {
  open: ['append', 'direct', 'sync', 'dsync'],
  transfer: ['append', 'dsync', 'sync', 'nowait', 'dontcache', 'pieces', 'faulting buffer'],
  seek: ['data', 'hole'],
  mmap: ['shared', 'private'],
  fallocate: FALLOCATE_MODES,
  fadvise: ['normal', 'sequential', 'random', 'willneed', 'dontneed', 'noreuse'],
  chattr: ['extents', 'journalData', 'append', 'immutable'],
  reconfigure: ['dioreadNolock', 'bufferedIomap'],
} as const;

/** Counts how often each operation ran on each target, and each of its ways with success; zeros too. */
export class WayCoverage {
  readonly #grid = new CountGrid();

  record(operation: Operation, expected: Outcome, targets: readonly string[]): void {
    for (const target of targets) this.#grid.add(operation.op, target);
    if (!expected.ok) return;
    for (const way of waysOf(operation)) for (const target of targets) this.#grid.add(way, target);
  }

  /** By operation, and `operation way`, then by target; null where a target cannot perform it. */
  table(targets: readonly Target[]): CallbackTable {
    const counts = this.#grid.table();
    const ways = Object.entries(WAYS).flatMap(([name, list]) => list.map((way) => `${name} ${way}`));
    const countOf = (row: string, { name, capabilities }: Target): number | null =>
      isPerformed(row, capabilities.unperformed) ? (counts[row]?.[name] ?? 0) : null;
    return Object.fromEntries(
      [...OPERATION_NAMES, ...ways].map((row) => [
        row,
        Object.fromEntries(targets.map((target) => [target.name, countOf(row, target)])),
      ]),
    );
  }
}

/** What `Unperformed` calls by another name than the rows here. */
const OTHER_NAMES: readonly (readonly [row: RegExp, name: string])[] = [
  [/^seek /, 'seek data'],
  [/^open d?sync$/, 'open sync'],
  [/^transfer (append|d?sync|nowait|dontcache)$/, 'rwf'],
  [/^transfer pieces$/, 'pieces'],
  [/^transfer faulting/, 'fault'],
  [/^reconfigure bufferedIomap$/, 'reconfigure path'],
];

function isPerformed(row: string, unperformed: Unperformed): boolean {
  const names: ReadonlySet<string> = unperformed;
  const [operation = row] = row.split(' ');
  if (names.has(row) || names.has(operation)) return false;
  return !OTHER_NAMES.some(([pattern, name]) => pattern.test(row) && names.has(name));
}

function waysOf(operation: Operation): string[] {
  switch (operation.op) {
    case 'open':
      return WAYS.open.filter((flag) => operation.flags[flag] === true).map((flag) => `open ${flag}`);
    case 'seek':
      return isSeekForContents(operation.whence) ? [`seek ${operation.whence}`] : [];
    case 'mmap':
      return [`mmap ${operation.sharing}`];
    case 'fallocate':
      return [`fallocate ${operation.mode}`];
    case 'fadvise':
      return [`fadvise ${operation.advice}`];
    case 'chattr':
      return WAYS.chattr.filter((flag) => operation[flag] !== undefined).map((flag) => `chattr ${flag}`);
    case 'reconfigure':
      return Object.keys(operation.mount).map((option) => `reconfigure ${option}`);
    case 'read':
    case 'pread':
    case 'write':
    case 'pwrite':
      return [
        ...(operation.rwf ?? []),
        ...(operation.pieces === undefined ? [] : ['pieces']),
        ...(operation.faultAt === undefined ? [] : ['faulting buffer']),
      ].map((way) => `transfer ${way}`);
    default:
      return [];
  }
}
