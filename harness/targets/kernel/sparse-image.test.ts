import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SparseImage } from './sparse-image.ts';

test('gives back the bytes of the file, and zeros between its ranges', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sparse-image-'));
  try {
    const bytes = Uint8Array.from({ length: 300 }, (_, index) =>
      index >= 100 && index < 200 ? 0 : index % 251,
    );
    writeFileSync(join(folder, 'image'), bytes);
    const image = SparseImage.load(join(folder, 'image'), [
      [0, 100],
      [200, 300],
    ]);
    const read = new Uint8Array(200).fill(9);
    image.read(50, read);
    expect(read).toEqual(bytes.subarray(50, 250));
    expect([...image.extents()].map(({ offset, pages }) => [offset, pages[0]?.length])).toEqual([
      [0, 100],
      [200, 100],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
