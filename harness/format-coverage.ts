import { CountGrid } from './count-grid.ts';
import type { SetupFormat } from './format.ts';
import { FORMAT_DIMENSIONS, type FormatChoice, type FormatDimension } from './generate/format-choices.ts';
import { BLOCK_SIZES, type DeviceTrouble, type Setup } from './setup.ts';
import type { CountTable } from './target.ts';

/** Counts sequences by what their file systems were like: a row for each question, a column for each answer, zeros too. */
export class FormatCoverage {
  readonly #grid = emptyGrid();

  record(setup: Setup): void {
    const { blockSize, mount, format, writesZeroes, trouble } = setup;
    this.#grid.add('block size', String(blockSize));
    this.#grid.add('maker', format?.maker ?? 'our own mkfs');
    this.#grid.add('allocation', mount.delalloc ? 'delalloc' : 'nodelalloc');
    this.#grid.add('direct reads', mount.dioreadNolock ? 'dioread_nolock' : 'dioread_lock');
    this.#grid.add('access times', mount.atime);
    this.#grid.add('data', mount.data ?? 'ordered');
    this.#grid.add('lost data', mount.dataErr === 'abort' ? 'aborts the journal' : 'is told of');
    this.#grid.add('dax', mount.dax === true ? 'dax' : 'no dax');
    this.#grid.add('fast zeros', writesZeroes === true ? 'writes them' : 'none');
    this.#grid.add('device', troubleName(trouble));
    for (const dimension of FORMAT_DIMENSIONS) this.#grid.add(dimension.name, answerOf(dimension, format));
  }

  table(): CountTable {
    return this.#grid.table();
  }
}

function troubleName(trouble: DeviceTrouble | undefined): string {
  if (trouble === undefined) return 'well';
  if (trouble.reads !== undefined) return 'a read fails';
  return trouble.writes !== undefined ? 'a write fails' : 'ends early';
}

function answerOf({ usual, choices }: FormatDimension, format: SetupFormat | undefined): string {
  if (format === undefined) return usual;
  let best: FormatChoice | null = null;
  for (const choice of choices) if (isIn(choice, format) && weight(choice) > weight(best)) best = choice;
  return best?.name ?? usual;
}

/** Of two choices of one question that a format shows, it is the one that says more. */
const weight = (choice: FormatChoice | null): number =>
  choice === null ? -1 : Object.keys(choice.format).length + (choice.format.features?.length ?? 0);

const isIn = ({ format: wanted }: FormatChoice, format: SetupFormat): boolean =>
  Object.entries(wanted).every(([key, value]) =>
    key === 'features'
      ? (wanted.features ?? []).every((word) => format.features?.includes(word) === true)
      : format[key as keyof SetupFormat] === value,
  );

function emptyGrid(): CountGrid {
  const grid = new CountGrid();
  const row = (name: string, ...answers: readonly string[]): void => {
    for (const answer of answers) grid.add(name, answer, 0);
  };
  row('block size', ...BLOCK_SIZES.map(String));
  row('maker', 'our own mkfs', 'mke2fs');
  row('allocation', 'delalloc', 'nodelalloc');
  row('direct reads', 'dioread_nolock', 'dioread_lock');
  row('access times', 'relatime', 'noatime');
  row('data', 'ordered', 'writeback', 'journal');
  row('lost data', 'is told of', 'aborts the journal');
  row('dax', 'no dax', 'dax');
  row('fast zeros', 'none', 'writes them');
  row('device', 'well', 'a read fails', 'a write fails', 'ends early');
  for (const { name, usual, choices } of FORMAT_DIMENSIONS)
    row(name, usual, ...choices.map((choice) => choice.name));
  return grid;
}
