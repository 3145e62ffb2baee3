import type { CountTable } from './target.ts';

/** Counts by row and column. Neither needs to be known before. */
export class CountGrid {
  readonly #rows = new Map<string, Map<string, number>>();

  add(row: string, column: string, count = 1): void {
    let columns = this.#rows.get(row);
    if (columns === undefined) {
      columns = new Map();
      this.#rows.set(row, columns);
    }
    columns.set(column, (columns.get(column) ?? 0) + count);
  }

  /** Adds the counts of another grid. */
  addAll(table: CountTable): void {
    for (const [row, columns] of Object.entries(table))
      for (const [column, count] of Object.entries(columns)) this.add(row, column, count);
  }

  table(): CountTable {
    return Object.fromEntries([...this.#rows].map(([row, columns]) => [row, Object.fromEntries(columns)]));
  }
}
