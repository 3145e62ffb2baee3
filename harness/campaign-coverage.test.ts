import { expect, test } from 'vitest';
import { CampaignCoverage } from './campaign-coverage.ts';
import { DEFAULT_SETUP } from './setup.ts';

const OK = { ok: true, value: { kind: 'count', count: 1 } } as const;

test('transfers are counted by length and alignment, and what never was shows as zero', () => {
  const coverage = new CampaignCoverage();
  const write = (offset: number, length: number): void =>
    coverage.operation(
      DEFAULT_SETUP,
      { op: 'pwrite', handle: 'fd0', offset, content: { seed: 1, length } },
      OK,
      [],
    );
  write(0, 4096);
  write(4096, 600);
  write(5, 4091);
  write(5, 0);
  write(1, 1 << 21);
  coverage.operation(DEFAULT_SETUP, { op: 'read', handle: 'fd0', length: 600 }, OK, []);
  const { pwrite = {}, read = {} } = coverage.tables([]).sizes;
  expect(pwrite['4096']).toEqual({
    'both ends': 1,
    'start only': 0,
    'end only': 0,
    'neither end': 0,
    'no offset': 0,
  });
  expect(pwrite['512–1023']?.['start only']).toBe(1);
  expect(pwrite['2048–4095']?.['end only']).toBe(1);
  expect(pwrite['0']?.['neither end']).toBe(1);
  expect(pwrite['1048576 or more']?.['neither end']).toBe(1);
  expect(read['512–1023']?.['no offset']).toBe(1);
});

test('formats are counted by question; the answer that says most is the one', () => {
  const coverage = new CampaignCoverage();
  coverage.sequence(DEFAULT_SETUP);
  coverage.sequence({
    ...DEFAULT_SETUP,
    blockSize: 1024,
    format: { features: ['^resize_inode', 'meta_bg'], inodeSize: 512 },
  });
  const { formats } = coverage.tables([]);
  expect(formats['block size']).toMatchObject({ '1024': 1, '4096': 1 });
  expect(formats['copies']).toMatchObject({ resize_inode: 1, 'no resize_inode': 0, meta_bg: 1 });
  expect(formats['inodes']).toMatchObject({ '256 bytes': 1, 'inodes of 512 bytes': 1 });
});

test('what an operation could have answered stands beside what it did', () => {
  const { coverage, possible } = new CampaignCoverage().tables([]);
  expect(coverage['pwrite']).toEqual({});
  expect(possible['pwrite']).toEqual(expect.arrayContaining(['ok', 'EBADF', 'ENOSPC']));
});
