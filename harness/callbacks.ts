import type { CallbackTable, Target } from './target.ts';

/** The counts of all targets together: two mounts of one file system share most of their tables. */
export function mergedCallbacks(targets: readonly Target[]): CallbackTable {
  const merged: Record<string, Record<string, number | null>> = {};
  for (const target of targets) {
    for (const [table, counts] of Object.entries(target.callbacks?.() ?? {})) {
      const sums: Record<string, number | null> = (merged[table] ??= {});
      for (const [callback, count] of Object.entries(counts))
        sums[callback] = count === null ? null : (sums[callback] ?? 0) + count;
    }
  }
  return merged;
}
