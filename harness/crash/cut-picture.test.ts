import { expect, test } from 'vitest';
import type { DiskRecording, RecordedWrite } from './crash-target.ts';
import { cutLines, cutPicture } from './cut-picture.ts';

const write = (sector: number, sectors: number, more: Partial<RecordedWrite> = {}): RecordedWrite => ({
  sector,
  data: new Uint8Array(512 * sectors),
  preflush: false,
  fua: false,
  ...more,
});

/** A flush after the second write; the last one, with FUA, is durable by itself. */
const recording: DiskRecording = {
  writes: [
    write(0, 1),
    write(8, 2),
    write(0, 0, { preflush: true }),
    write(16, 4),
    write(24, 1, { fua: true }),
  ],
  durableAt: () => 3,
  volatileAt: () => [3],
  disk: () => {
    throw new Error('nobody asks for a disk');
  },
  release: () => undefined,
};

const picture = (lost: Parameters<typeof cutPicture>[0]['cut']['lost']): ReturnType<typeof cutPicture> =>
  cutPicture({
    title: 'Writes',
    cut: { point: 5, lost },
    recording,
    landmarks: { name: (sector, sectors) => `sector ${sector}, ${sectors} long` },
    during: (number) => (number === 0 ? 'mount' : 'sync()'),
  });

test('each write has its place, its reason, and what became of it', () => {
  expect(picture([{ write: 3, torn: [[1, 3]] }])).toEqual({
    title: 'Writes',
    before: 0,
    writes: [
      { number: 0, during: 'mount', what: 'sector 0, 1 long', bytes: 512, fate: 'durable' },
      { number: 1, during: 'sync()', what: 'sector 8, 2 long', bytes: 1024, fate: 'durable' },
      { number: 2, during: 'sync()', what: 'flush', bytes: 0, fate: 'durable', preflush: true },
      { number: 3, during: 'sync()', what: 'sector 16, 4 long', bytes: 2048, fate: 'torn', sectors: '#..#' },
      { number: 4, during: 'sync()', what: 'sector 24, 1 long', bytes: 512, fate: 'durable', fua: true },
    ].map((one) => ({ preflush: false, fua: false, underWay: false, ...one })),
  });
});

test('as text, from the first write on that was at stake', () => {
  expect(cutLines(picture([{ write: 3 }]))).toEqual([
    'Writes (3 writes before these were durable):',
    '  LOST     sector 16, 4 long',
    '  durable  sector 24, 1 long, FUA',
  ]);
  expect(cutLines(picture([]))).toContain('  there    sector 16, 4 long');
});
