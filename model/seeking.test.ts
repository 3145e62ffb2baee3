import { beforeEach, describe, expect, test } from 'vitest';
import type { Handle } from './operation.ts';
import { ext4MaxFileBytes } from './options.ts';
import { Session, moved } from './testing.ts';

const MAX = ext4MaxFileBytes(4096);

let session: Session;
let handle: Handle;

beforeEach(() => {
  session = new Session();
  session.file('f');
  handle = session.open('f');
  session.prepare({ op: 'ftruncate', handle, size: 100 });
});

// lseek(2): EINVAL for a negative result; ext4 gives EINVAL beyond s_maxbytes too (Linux 6.18.44).
test('seeks from the start, the position and the end', () => {
  expect(session.count({ op: 'seek', handle, offset: -1, whence: 'end' })).toBe(99);
  expect(session.count({ op: 'seek', handle, offset: 51, whence: 'current' })).toBe(150);
  expect(session.run({ op: 'seek', handle, offset: -151, whence: 'current' })).toBe('EINVAL');
  expect(session.run({ op: 'seek', handle, offset: -1, whence: 'set' })).toBe('EINVAL');
  expect(session.run({ op: 'seek', handle, offset: -101, whence: 'end' })).toBe('EINVAL');
  expect(session.count({ op: 'seek', handle, offset: 0, whence: 'current' })).toBe(150);
  expect(session.count({ op: 'seek', handle, offset: MAX, whence: 'set' })).toBe(MAX);
  expect(session.run({ op: 'seek', handle, offset: MAX + 1, whence: 'set' })).toBe('EINVAL');
  expect(session.run({ op: 'seek', handle, offset: 1, whence: 'current' })).toBe('EINVAL');
});

test('moves neither time nor size', () => {
  const before = session.lstat('f');
  session.prepare({ op: 'seek', handle, offset: 1000, whence: 'set' });
  expect(session.lstat('f')).toEqual(before);
});

test('the end of a directory is not asked for: it is a hash', () => {
  const directory = session.open('.', 'read');
  expect(session.model.enabled({ op: 'seek', handle: directory, offset: 0, whence: 'end' })).toBe(false);
  expect(session.model.enabled({ op: 'seek', handle: directory, offset: MAX + 1, whence: 'set' })).toBe(
    false,
  );
  expect(session.model.enabled({ op: 'seek', handle: directory, offset: 9, whence: 'set' })).toBe(true);
  expect(session.count({ op: 'seek', handle: directory, offset: 9, whence: 'set' })).toBe(9);
});

describe('data and holes', () => {
  const BLOCK = 4096;

  /** Bytes in blocks 1 and 2, and 5, of eight. */
  function holey() {
    const session = new Session();
    const handle = session.open('f', 'read-write', { create: true });
    session.prepare(
      { op: 'pwrite', handle, offset: 5000, content: { seed: 1, length: 7000 } },
      { op: 'pwrite', handle, offset: 5 * BLOCK, content: { seed: 2, length: 1 } },
      { op: 'ftruncate', handle, size: 8 * BLOCK },
    );
    const seek = (whence: 'data' | 'hole', offset: number, observed?: number): number | string => {
      const seen = observed === undefined ? undefined : moved(observed);
      const outcome = session.step({ op: 'seek', handle, offset, whence }, seen);
      if (!outcome.ok) return outcome.errno;
      return outcome.value.kind === 'count' ? outcome.value.count : 'no count';
    };
    return { session, handle, seek };
  }

  test('nothing that was written is passed over, and holes are where nothing was', () => {
    const { seek } = holey();
    expect(seek('data', 0, BLOCK)).toBe(BLOCK);
    expect(seek('data', 0, 0)).toBe(0);
    expect(seek('data', 0, 2 * BLOCK)).not.toBe(2 * BLOCK);
    expect(seek('data', 0, BLOCK + 1)).not.toBe(BLOCK + 1);
    expect(seek('hole', 5000, 3 * BLOCK)).toBe(3 * BLOCK);
    expect(seek('hole', 5000, 2 * BLOCK)).not.toBe(2 * BLOCK);
    expect(seek('hole', 5000, 8 * BLOCK)).toBe(8 * BLOCK);
    expect(seek('hole', 100, 100)).toBe(100);
    // There may be data where only zeros are read, and none.
    expect(seek('data', 6 * BLOCK, 7 * BLOCK)).toBe(7 * BLOCK);
    expect(seek('data', 6 * BLOCK)).toBe('ENXIO');
  });

  test('there is neither before the start nor from the end on', () => {
    const { seek } = holey();
    for (const whence of ['data', 'hole'] as const) {
      expect([seek(whence, -1), seek(whence, 8 * BLOCK), seek(whence, 1 << 30)]).toEqual(
        Array(3).fill('ENXIO'),
      );
    }
  });

  test('the position moves to what was found, and stays where nothing was', () => {
    const { session, handle, seek } = holey();
    seek('data', 0, BLOCK);
    expect(session.count({ op: 'seek', handle, offset: 0, whence: 'current' })).toBe(BLOCK);
    seek('hole', -1);
    expect(session.count({ op: 'seek', handle, offset: 0, whence: 'current' })).toBe(BLOCK);
  });
});
