import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ImageOverlay } from './image-overlay.ts';

const SIZE = 10_000;

test('what was written is read again, and the file stays as it was', () => {
  const folder = mkdtempSync(join(tmpdir(), 'image-overlay-test-'));
  const path = join(folder, 'image');
  const original = Uint8Array.from({ length: SIZE }, (_, index) => index % 251);
  writeFileSync(path, original);
  const write = fc.record({
    offset: fc.nat(SIZE - 1),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 9000 }),
  });
  try {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 5 }), fc.nat(SIZE - 1), (writes, from) => {
        const overlay = ImageOverlay.open(path);
        const expected = original.slice();
        for (const { offset, bytes } of writes) {
          const fitting = bytes.subarray(0, SIZE - offset);
          expected.set(fitting, offset);
          expect(overlay.write(offset, [fitting])).toBe(true);
        }
        const found = new Uint8Array(SIZE - from);
        expect(overlay.read(from, [found])).toBe(true);
        overlay.close();
        expect(found).toEqual(expected.subarray(from));
      }),
    );
    expect(new Uint8Array(readFileSync(path))).toEqual(original);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
