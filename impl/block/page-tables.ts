/** Up to so many tables there is a place for each: asking an array costs less than asking a map. */
const PLACES_MAX = 2 ** 20;

/** The tables of a disk by their number. A disk of many terabytes, of which hardly anything is written, has room for few. */
export class PageTables<Table> {
  readonly #places: (Table | null)[] | null;
  readonly #few: Map<number, Table> | null;

  /** `count` tables, none of them there, or those that `shared` has. */
  constructor(count: number, shared: PageTables<Table> | null) {
    if (shared !== null) {
      this.#places = shared.#places?.slice() ?? null;
      this.#few = shared.#few === null ? null : new Map(shared.#few);
    } else {
      this.#places = count <= PLACES_MAX ? new Array<Table | null>(count).fill(null) : null;
      this.#few = this.#places === null ? new Map() : null;
    }
  }

  get(number: number): Table | null {
    if (this.#places !== null) return this.#places[number] ?? null;
    return this.#few?.get(number) ?? null;
  }

  set(number: number, table: Table): void {
    if (this.#places !== null) this.#places[number] = table;
    else this.#few?.set(number, table);
  }

  clear(): void {
    this.#places?.fill(null);
    this.#few?.clear();
  }

  /** The numbers, in order, of those that are there and touch the range from one to another, in tables. */
  *numbers(from = 0, to = Infinity): Generator<number> {
    const first = Math.floor(from);
    if (this.#few !== null) {
      const touched = [...this.#few.keys()].filter((number) => number >= first && number < to);
      yield* touched.sort((left, right) => left - right);
    }
    const end = Math.min(to, this.#places?.length ?? 0);
    for (let number = first; number < end; number++)
      if ((this.#places?.[number] ?? null) !== null) yield number;
  }
}
