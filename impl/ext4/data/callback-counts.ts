import { absent } from './absent-callback.ts';
import type { DataPath } from './data-path.ts';

/** How often each callback of each table was called; null: the kernel's table has no such callback. */
export type CallbackTable = Readonly<Record<string, Readonly<Record<string, number | null>>>>;

/**
 * Counts the callbacks of the address_space_operations, for whoever wants to know that all of them are exercised. Tables are
 * wrapped when an inode gets one, so that nobody pays who does not count. It may serve many mounts.
 */
export class CallbackCounts {
  readonly #counts: Record<string, Record<string, number | null>> = {};
  readonly #wrapped = new Map<DataPath, DataPath>();

  /** The same table, counting. */
  wrap(path: DataPath): DataPath {
    let wrapped = this.#wrapped.get(path);
    if (wrapped === undefined) {
      wrapped = this.#wrap(path);
      this.#wrapped.set(path, wrapped);
    }
    return wrapped;
  }

  #wrap(path: DataPath): DataPath {
    const counts = (this.#counts[path.name] ??= {});
    const counting = countingFunctions(path, counts);
    const dax = path.dax === null ? null : countingFunctions(path.dax, counts);
    return { ...counting, dax };
  }

  /** The tables that an inode has had, with every callback, also those that were never called. */
  table(): CallbackTable {
    return Object.fromEntries(Object.entries(this.#counts).map(([name, counts]) => [name, { ...counts }]));
  }
}

/** The same object, with functions that count themselves. */
function countingFunctions<T extends object>(table: T, counts: Record<string, number | null>): T {
  const counting = Object.fromEntries(Object.entries(table) as [string, unknown][]);
  for (const [name, callback] of Object.entries(counting)) {
    if (callback === absent) counts[name] = null;
    if (callback === absent || typeof callback !== 'function') continue;
    counts[name] ??= 0;
    counting[name] = (...args: readonly unknown[]): unknown => {
      counts[name] = (counts[name] ?? 0) + 1;
      return (callback as (...all: readonly unknown[]) => unknown)(...args);
    };
  }
  return counting as T;
}
