import { absent } from './absent-callback.ts';
import type { DataPath } from './data-path.ts';

/** How often each callback of each table was called; null: the kernel's table has no such callback. */
export type CallbackTable = Readonly<Record<string, Readonly<Record<string, number | null>>>>;

/** Of one callback. An object of its own, which the function that counts need not look up. */
class Count {
  calls = 0;
}

/** By callback; null where the kernel's table has none. */
type Counts = Map<string, Count | null>;

/**
 * Counts the callbacks of the address_space_operations, for whoever wants to know that all of them are exercised. Tables are
 * wrapped when an inode gets one, so that nobody pays who does not count. It may serve many mounts.
 */
export class CallbackCounts {
  readonly #counts = new Map<string, Counts>();
  readonly #wrapped = new Map<DataPath, DataPath>();

  /** Tables that are counted also where no inode ever has them. */
  constructor(tables: readonly DataPath[] = []) {
    for (const table of tables) this.wrap(table);
  }

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
    const counts: Counts = this.#counts.get(path.name) ?? new Map<string, Count | null>();
    this.#counts.set(path.name, counts);
    const counting = countingFunctions(path, counts);
    const dax = path.dax === null ? null : countingFunctions(path.dax, counts);
    return { ...counting, dax };
  }

  /** The tables that were named or an inode has had, with every callback, also those that were never called. */
  table(): CallbackTable {
    const table: Record<string, Record<string, number | null>> = {};
    for (const [name, counts] of this.#counts)
      table[name] = Object.fromEntries(
        [...counts].map(([callback, count]) => [callback, count?.calls ?? null]),
      );
    return table;
  }
}

/** The same object, with functions that count themselves. */
function countingFunctions<T extends object>(table: T, counts: Counts): T {
  const counting = Object.fromEntries(Object.entries(table) as [string, unknown][]);
  for (const [name, callback] of Object.entries(counting)) {
    if (callback === absent) counts.set(name, null);
    if (callback === absent || typeof callback !== 'function') continue;
    const count = counts.get(name) ?? new Count();
    counts.set(name, count);
    counting[name] = (...args: readonly unknown[]): unknown => {
      count.calls++;
      return (callback as (...all: readonly unknown[]) => unknown)(...args);
    };
  }
  return counting as T;
}
