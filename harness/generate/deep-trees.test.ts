import { expect, test } from 'vitest';
import { generateSequence, type GenerationLimits, type Sequence } from '../generate-sequence.ts';
import { withDeepTrees, type DeepTree } from './deep-trees.ts';

const LIMITS: GenerationLimits = { maxOperations: 60, blockSize: null };
const SEEDS = Array.from({ length: 40 }, (_, seed) => seed);

const drawn = (seed: number, deep: DeepTree): Sequence =>
  generateSequence(seed, { ...LIMITS, blockSize: 1024, deep });

test('both kinds have their turn, in small blocks, but for whoever asks for others', () => {
  const turns = Array.from({ length: 400 }, (_, sequence) => withDeepTrees(sequence, LIMITS));
  expect(new Set(turns.map(({ deep }) => deep))).toEqual(new Set([undefined, 'pieces', 'names']));
  for (const { deep, blockSize } of turns) expect(blockSize).toBe(deep === undefined ? null : 1024);
  const others = Array.from({ length: 400 }, (_, sequence) =>
    withDeepTrees(sequence, { ...LIMITS, blockSize: 4096 }),
  );
  expect(new Set(others.map(({ blockSize }) => blockSize))).toEqual(new Set([4096]));
});

test('a file in pieces never gets blocks behind its end', () => {
  const pieces = Array.from({ length: 400 }, (_, sequence) => withDeepTrees(sequence, LIMITS)).filter(
    ({ deep }) => deep === 'pieces',
  );
  const operations = pieces.flatMap((limits, seed) => generateSequence(seed, limits).operations);
  const modes = new Set(operations.flatMap((one) => (one.op === 'fallocate' ? [one.mode] : [])));
  expect(modes).toContain('allocate');
  expect([...modes].filter((mode) => mode.endsWith('keep-size'))).toEqual([]);
});

test('short sequences stay short', () => {
  const short = { ...LIMITS, maxOperations: 59 };
  for (let sequence = 0; sequence < 400; sequence++) expect(withDeepTrees(sequence, short)).toBe(short);
});

test('files that are always mapped directly keep blocks in which they can be', () => {
  const mapped = { ...LIMITS, dax: 'required' } as const;
  for (let sequence = 0; sequence < 100; sequence++)
    expect(generateSequence(sequence, withDeepTrees(sequence, mapped)).setup.mount.dax).toBe(true);
});

/** What stands before the drawn operations: up to the first that is no change of a piece. */
function piecesOf({ operations }: Sequence): number {
  const offsets = new Set<number>();
  for (const operation of operations.slice(1)) {
    if (operation.op !== 'pwrite' && operation.op !== 'fallocate') break;
    offsets.add(operation.offset);
  }
  return offsets.size;
}

test('a file in pieces fills a block of the tree, or nearly, or three and more', () => {
  const counts = SEEDS.map((seed) => piecesOf(drawn(seed, 'pieces')));
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(82);
  expect(Math.max(...counts)).toBeGreaterThan(3 * 84);
});

test('a directory has so many names that its index has blocks', () => {
  const links = SEEDS.map((seed) => drawn(seed, 'names').operations.filter(({ op }) => op === 'link').length);
  expect(Math.min(...links)).toBeGreaterThanOrEqual(60);
  expect(Math.max(...links)).toBeGreaterThanOrEqual(520);
});

test('many names are looked at seldom in the middle of a run, but are', () => {
  const looks = new Set(SEEDS.map((seed) => drawn(seed, 'names').setup.inspectEvery));
  expect(looks.has(undefined)).toBe(true);
  expect(Math.min(...[...looks].map((every) => every ?? Infinity))).toBe(64);
});

test('what comes after that is about what was made, mostly', () => {
  const about = SEEDS.filter((seed) => {
    const { operations } = drawn(seed, 'pieces');
    const [opened, ...others] = operations;
    const rest = others.slice(others.findIndex(({ op }) => op === 'fsync') + 1);
    return opened?.op === 'open' && rest.some((each) => 'handle' in each && each.handle === opened.as);
  });
  expect(about.length).toBeGreaterThan(SEEDS.length / 2);
});
