import { expect, test } from 'vitest';
import { SECTOR_BYTES, type Bio } from './bio.ts';
import { MemoryDisk } from './memory-disk.ts';
import { PowerCuts, type PowerCut } from './power-cuts.ts';
import { RecordingDisk } from './recording-disk.ts';

const SECTORS = 64;

type Asked = Partial<Pick<Bio, 'preflush' | 'fua'>> & { readonly value?: number; readonly sectors?: number };

/** Write number n fills sectors from 4n on with its value; one without a value is a bare flush. */
function recorded(...writes: readonly Asked[]): PowerCuts {
  const recording = new RecordingDisk(new MemoryDisk(SECTORS * SECTOR_BYTES));
  for (const [index, { value, sectors = 1, preflush = false, fua = false }] of writes.entries()) {
    const segments = value === undefined ? [] : [new Uint8Array(sectors * SECTOR_BYTES).fill(value)];
    recording.submit({ direction: 'write', sector: 4 * index, segments, preflush, fua }, (status) =>
      expect(status).toBeNull(),
    );
  }
  return new PowerCuts(recording.start, recording.writes);
}

/** The first byte of the first four sectors of each write. */
const shown = (cuts: PowerCuts, cut: PowerCut): string =>
  cuts.writes
    .map((_, index) =>
      [0, 1, 2, 3].map((sector) => {
        const byte = new Uint8Array(1);
        cuts.disk(cut).read((4 * index + sector) * SECTOR_BYTES, byte);
        return byte[0] ?? 0;
      }),
    )
    .map((sectors) => sectors.join(''))
    .join(' ');

test('what was written before a flush that ended is there, what came later may be lost', () => {
  const cuts = recorded({ value: 1 }, { value: 2 }, { preflush: true }, { value: 4 });
  expect(cuts.volatileAt(2)).toEqual([0, 1]);
  expect(cuts.volatileAt(3)).toEqual([]);
  expect(cuts.volatileAt(4)).toEqual([3]);
  expect(shown(cuts, { point: 2, lost: [{ write: 0 }] })).toBe('0000 2000 0000 0000');
  expect(shown(cuts, { point: 4, lost: [{ write: 0 }, { write: 3 }] })).toBe('1000 2000 0000 0000');
});

test('a flush that has not ended promises nothing, FUA that has not ended neither', () => {
  const cuts = recorded({ value: 1 }, { value: 2, preflush: true, fua: true });
  expect(cuts.volatileAt(2, true)).toEqual([0, 1]);
  expect(cuts.volatileAt(2)).toEqual([]);
  expect(shown(cuts, { point: 2, underWay: true, lost: [{ write: 0 }, { write: 1 }] })).toBe('0000 0000');
});

test('of a write that flushes first nothing is there before everything else is', () => {
  const cuts = recorded({ value: 1 }, { value: 2, sectors: 4, preflush: true, fua: true });
  const lost = [{ write: 0 }, { write: 1, torn: [[1, 3]] as const }];
  expect(shown(cuts, { point: 2, underWay: true, lost })).toBe('1000 2002');
});

test('FUA makes only itself durable', () => {
  const cuts = recorded({ value: 1 }, { value: 2, fua: true }, { value: 3 });
  expect(cuts.volatileAt(3)).toEqual([0, 2]);
  expect(shown(cuts, { point: 3, lost: [{ write: 0 }, { write: 1 }, { write: 2 }] })).toBe('0000 2000 0000');
});

test('cuts in any order give the same disks, and the recording stays as it is', () => {
  const cuts = recorded({ value: 1 }, { preflush: true }, { value: 3 }, { preflush: true }, { value: 5 });
  const late = shown(cuts, { point: 5, lost: [] });
  expect(shown(cuts, { point: 1, lost: [{ write: 0 }] })).toBe('0000 0000 0000 0000 0000');
  expect(shown(cuts, { point: 5, lost: [] })).toBe(late);
  expect(late).toBe('1000 0000 3000 0000 5000');
});
