import { describe, expect, test } from 'vitest';
import { exceedsBytes, pathError, utf8Length } from './limits.ts';

describe('bytes of a text', () => {
  test.each(['', 'a', 'ü', 'é'.repeat(128), '€', '😀', 'a😀ü', '\ud800', '\udc00x'])(
    '%j as in UTF-8',
    (text) => {
      expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
    },
  );

  test('a limit is counted in bytes, not in characters', () => {
    expect(exceedsBytes('é'.repeat(127), 255)).toBe(false);
    expect(exceedsBytes('é'.repeat(128), 255)).toBe(true);
    expect(exceedsBytes('a'.repeat(255), 255)).toBe(false);
  });
});

// path_resolution(7): the limit of 4096 bytes includes the final NUL; an empty path is ENOENT.
test('a path has at least one byte and at most 4095', () => {
  expect(pathError('')).toBe('ENOENT');
  expect(pathError('a'.repeat(4095))).toBeNull();
  expect(pathError('a'.repeat(4096))).toBe('ENAMETOOLONG');
  expect(pathError('é'.repeat(2048))).toBe('ENAMETOOLONG');
});
