import { expect, test } from 'vitest';
import type { Measured } from '../bench-record.ts';
import { benchTable } from './bench-table.ts';

const measured = (subject: string, samples: number[], of?: string): Measured => ({
  suite: 'growth',
  workload: 'stat, model',
  subject,
  sizeBytes: null,
  unit: 'us',
  better: 'less',
  samples,
  series: null,
  ...(of !== undefined && { multipleOf: of }),
});

test('what grows is told as a multiple of the smallest', () => {
  const table = benchTable({
    measured: [measured('100 files', [2, 4, 9]), measured('10 files', [1, 2, 3]), measured('1 file', [3])],
    absent: [],
  });
  expect(table).not.toContain(' x ');
  const beside = benchTable({
    measured: [measured('100 files', [2, 4, 9]), measured('10,000 files', [1, 10, 12], '100 files')],
    absent: [],
  });
  expect(beside.split('\n').filter((line) => line.includes(' x '))).toEqual([
    expect.stringMatching(/^ {2}10,000 files .* 2\.50 x 100 files$/),
  ]);
});
