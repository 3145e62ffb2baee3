import {
  BLOCK_SIZES,
  compatible,
  FORMAT_DIMENSIONS,
  formatOf,
  LARGE_BLOCK_SIZES,
  type BlockSize,
  type FormatChoice,
  type SetupFormat,
} from '../harness/index.ts';

/** One file system of the matrix. */
export interface MatrixRow {
  readonly name: string;
  readonly blockSize: BlockSize;
  readonly format: SetupFormat;
  readonly maker: 'impl' | 'mke2fs';
}

const MAKERS = ['impl', 'mke2fs'] as const;

const everyChoice = (): FormatChoice[][] =>
  FORMAT_DIMENSIONS.flatMap(({ choices }) => choices.map((choice) => [choice]));

/** Every pair of choices for two questions is in at least one of these. */
function everyPair(): FormatChoice[][] {
  const all = FORMAT_DIMENSIONS.flatMap(({ choices }, dimension) =>
    choices.map((choice) => ({ choice, dimension })),
  );
  const open = new Set<string>();
  for (const left of all) {
    for (const right of all) {
      const pair = compatible([left.choice, right.choice], 4096).length === 2;
      if (left.dimension < right.dimension && pair) open.add(pairName(left.choice, right.choice));
    }
  }
  const rows: FormatChoice[][] = [];
  while (open.size > 0) {
    const row = nextRow(open);
    for (const left of row) for (const right of row) open.delete(pairName(left, right));
    rows.push(row);
  }
  return rows;
}

const pairName = (left: FormatChoice, right: FormatChoice): string => `${left.name} + ${right.name}`;

/** Greedy: starts from a pair that no row has, and answers each further question with what covers most open pairs. */
function nextRow(open: ReadonlySet<string>): FormatChoice[] {
  const [first] = open;
  const row = FORMAT_DIMENSIONS.flatMap(({ choices }) =>
    choices.filter(({ name }) => first?.split(' + ').includes(name) === true),
  );
  for (const { choices } of FORMAT_DIMENSIONS) {
    if (choices.some((choice) => row.includes(choice))) continue;
    let best: FormatChoice | null = null;
    let most = 0;
    for (const choice of choices) {
      if (compatible([...row, choice], 4096).length <= row.length) continue;
      const gain = row.filter(
        (other) => open.has(pairName(other, choice)) || open.has(pairName(choice, other)),
      ).length;
      if (gain > most) [best, most] = [choice, gain];
    }
    if (best !== null) row.push(best);
  }
  return row;
}

function rowOf(choices: readonly FormatChoice[], blockSize: BlockSize, maker: 'impl' | 'mke2fs'): MatrixRow {
  const fitting = compatible(choices, blockSize);
  const what = fitting.length === 0 ? 'the usual format' : fitting.map(({ name }) => name).join(', ');
  return {
    name: `${what}, blocks of ${blockSize}, made by ${maker}`,
    blockSize,
    format: formatOf(fitting) ?? {},
    maker,
  };
}

/** Choices that are taken with the largest blocks, too, by themselves. */
const WITH_LARGEST_BLOCKS = [
  'no checksums',
  'uninit_bg',
  'orphan_file',
  'no journal',
  'inline_data',
  'ea_inode',
  'indirect blocks',
  'large_dir',
];

/**
 * All rows: every choice by itself and every pair, with every usual block size and both makers; the usual format with large
 * blocks, and some choices with the largest.
 */
export function allRows(): MatrixRow[] {
  const sets = [[], ...everyChoice(), ...everyPair()];
  const ordinary = sets.flatMap((choices) =>
    BLOCK_SIZES.flatMap((blockSize) => MAKERS.map((maker) => rowOf(choices, blockSize, maker))),
  );
  const large = LARGE_BLOCK_SIZES.flatMap((blockSize) => MAKERS.map((maker) => rowOf([], blockSize, maker)));
  const chosen = everyChoice().filter((choices) =>
    choices.some(({ name }) => WITH_LARGEST_BLOCKS.includes(name)),
  );
  const largest = chosen.flatMap((choices) => MAKERS.map((maker) => rowOf(choices, 65536, maker)));
  return [...ordinary, ...large, ...largest];
}

/** The usual format and each pair of choices once, with block sizes and makers in turn. */
export function someRows(): MatrixRow[] {
  const ordinary = [[], ...everyPair()].map((choices, index) =>
    rowOf(choices, BLOCK_SIZES[index % 3] ?? 4096, MAKERS[index % 2] ?? 'impl'),
  );
  return [...ordinary, rowOf([], 8192, 'mke2fs'), rowOf([], 65536, 'impl')];
}
