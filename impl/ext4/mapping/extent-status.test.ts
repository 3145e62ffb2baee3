import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExtentStatusTree, NOWHERE, type ExtentState } from './extent-status.ts';

const BLOCKS = 40;

/** What is known of each block: a state and a place, or null. */
type Known = { readonly state: ExtentState; readonly physical: number } | null;

/** The same as an array with one element a block. */
class Reference {
  readonly blocks: Known[] = new Array<Known>(BLOCKS).fill(null);

  set(logical: number, length: number, physical: number, state: ExtentState, onlyUnknown: boolean): void {
    for (let block = logical; block < logical + length; block++) {
      if (onlyUnknown && this.blocks[block] !== null) continue;
      this.blocks[block] = { state, physical: physical === NOWHERE ? NOWHERE : physical + block - logical };
    }
  }

  delayed(from: number, to: number): number {
    return this.blocks.slice(from, to).filter((known) => known?.state === 'delayed').length;
  }
}

const range = fc
  .tuple(fc.nat(BLOCKS - 1), fc.integer({ min: 1, max: 12 }))
  .map(([logical, length]) => ({ logical, length: Math.min(length, BLOCKS - logical) }));

/** Few places, all in step with the logical block, so that neighbours often merge and equal inserts happen. */
const place = fc.constantFrom<{ state: ExtentState; shift: number }>(
  { state: 'written', shift: 100 },
  { state: 'written', shift: 300 },
  { state: 'unwritten', shift: 100 },
  { state: 'delayed', shift: NOWHERE },
  { state: 'hole', shift: NOWHERE },
);

const step = fc.record({ kind: fc.constantFrom('insert', 'cache', 'remove'), range, place });

function expand(tree: ExtentStatusTree): Known[] {
  const blocks = new Array<Known>(BLOCKS).fill(null);
  for (const { logical, length, physical, state } of tree) {
    for (let block = logical; block < logical + length; block++) {
      expect(blocks[block]).toBeNull();
      blocks[block] = { state, physical: physical === NOWHERE ? NOWHERE : physical + block - logical };
    }
  }
  return blocks;
}

function expectCanonical(tree: ExtentStatusTree): void {
  const extents = [...tree];
  for (const [index, right] of extents.entries()) {
    const left = extents[index - 1];
    if (left === undefined) continue;
    expect(left.logical + left.length).toBeLessThanOrEqual(right.logical);
    const touches = left.logical + left.length === right.logical && left.state === right.state;
    const together = left.physical === NOWHERE || left.physical + left.length === right.physical;
    expect(touches && together).toBe(false);
  }
}

test('is the same as an array with one element a block', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const tree = new ExtentStatusTree();
      const reference = new Reference();
      for (const { kind, range: at, place: where } of steps) {
        const { logical, length } = at;
        const physical = where.shift === NOWHERE ? NOWHERE : logical + where.shift;
        const before = structuredClone(reference.blocks);
        const delayed = reference.delayed(logical, logical + length);
        const { sequence } = tree;
        if (kind === 'remove') {
          expect(tree.remove(logical, logical + length)).toBe(delayed);
          reference.blocks.fill(null, logical, logical + length);
        } else {
          reference.set(logical, length, physical, where.state, kind === 'cache');
          if (kind === 'cache') tree.cache(logical, length, physical, where.state);
          else
            expect(tree.insert(logical, length, physical, where.state)).toBe(
              where.state === 'delayed' ? 0 : delayed,
            );
        }
        expect(expand(tree)).toEqual(reference.blocks);
        expectCanonical(tree);
        const changed = JSON.stringify(before) !== JSON.stringify(reference.blocks);
        expect(tree.sequence).toBe(changed && kind !== 'cache' ? sequence + 1 : sequence);
      }
      for (let block = 0; block < BLOCKS; block++) {
        const found = tree.lookup(block);
        expect(found?.state ?? null).toBe(reference.blocks[block]?.state ?? null);
        expect(tree.countDelayed(block, BLOCKS)).toBe(reference.delayed(block, BLOCKS));
      }
    }),
    { numRuns: 500 },
  );
});

test('nextDelayed finds each delayed block once, clipped to the range', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 6 }), range, (delayed, window) => {
      const tree = new ExtentStatusTree();
      const blocks = new Set<number>();
      tree.insert(0, BLOCKS, NOWHERE, 'hole');
      for (const { logical, length } of delayed) {
        tree.insertDelayed(logical, length);
        for (let block = logical; block < logical + length; block++) blocks.add(block);
      }
      const found: number[] = [];
      const end = window.logical + window.length;
      for (let at = window.logical; at < end;) {
        const next = tree.nextDelayed(at, end);
        if (next === null) break;
        for (let block = next.logical; block < next.logical + next.length; block++) found.push(block);
        at = next.logical + next.length;
      }
      const expected = [...blocks].filter((block) => block >= window.logical && block < end);
      expect(found).toEqual(expected.sort((left, right) => left - right));
    }),
  );
});

describe('delayed blocks', () => {
  test('may not lie over unwritten ones (B31)', () => {
    const tree = new ExtentStatusTree();
    tree.insert(0, 4, 100, 'unwritten');
    expect(() => tree.insertDelayed(3, 2)).toThrow(/delayed blocks over/);
  });

  test('may not lie over blocks of which nothing is known', () => {
    const tree = new ExtentStatusTree();
    tree.insert(0, 4, NOWHERE, 'hole');
    expect(() => tree.insertDelayed(3, 2)).toThrow(/delayed blocks over/);
  });
});
