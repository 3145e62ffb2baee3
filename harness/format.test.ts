import { execa } from 'execa';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasFeature, type SetupFormat } from './format.ts';

const SBIN = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

const FORMATS: [words: string, format: SetupFormat][] = [
  ['-t ext4', {}],
  ['-t ext2', { type: 'ext2' }],
  ['-t ext4 -O ^has_journal', { features: ['^has_journal'] }],
  ['-t ext4 -O none', { features: ['none'] }],
  ['-t ext4 -O none,has_journal', { features: ['none', 'has_journal'] }],
];

test.each(FORMATS)('whether there is a journal is what mke2fs %s makes of it', async (words, format) => {
  const folder = mkdtempSync(join(tmpdir(), 'twinpath-format-'));
  try {
    const image = join(folder, 'image');
    await execa('mke2fs', ['-q', '-F', ...words.split(' '), image, '8M'], { env: SBIN });
    const { stdout } = await execa('dumpe2fs', ['-h', image], { env: SBIN });
    const features = /^Filesystem features:(.*)$/m.exec(stdout)?.[1] ?? '';
    expect(features.split(' ').includes('has_journal')).toBe(hasFeature(format, 'has_journal'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
