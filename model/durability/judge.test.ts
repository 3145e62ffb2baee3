import { describe, expect, test } from 'vitest';
import type { Operation } from '../operation.ts';
import type { RecoveredTree } from './recovered-tree.ts';
import type { DurabilityMode } from './rules.ts';
import {
  BLOCK_BYTES,
  BUFFER_HEAD,
  filled,
  FSYNC,
  IOMAP,
  open,
  World,
  write,
  WRITEBACK,
} from './world.fixture.ts';

describe('names', () => {
  test('a new file may be missing until it was synced, and then its name is there, too', () => {
    const before = new World(BUFFER_HEAD, open('fd0', 'a'), write(1, 0, 10));
    expect(before.judge(before.tree(0))).toBeNull();
    const after = new World(BUFFER_HEAD, open('fd0', 'a'), write(1, 0, 10), FSYNC);
    expect(after.judge(after.tree(0))).toBe('names');
    expect(after.judge(after.tree(3))).toBeNull();
  });

  test('a rename happened or did not; both names, or none, are never found', () => {
    const world = new World(
      BUFFER_HEAD,
      open('fd0', 'a'),
      { op: 'sync' },
      { op: 'rename', from: 'a', to: 'b' },
    );
    const [old, renamed] = [world.tree(2), world.tree(3)];
    expect(world.judge(old)).toBeNull();
    expect(world.judge(renamed)).toBeNull();
    expect(world.judge(new Map([...old, ...renamed]))).toBe('names');
    expect(world.judge(new Map([...old].filter(([path]) => path !== 'a')))).toBe('names');
  });

  test('what no call began is not found', () => {
    const world = new World(BUFFER_HEAD, open('fd0', 'a'), { op: 'mkdir', path: 'd', mode: 0o755 });
    expect(world.judge(world.tree(2), 0)).toBe('names');
    // The next call may have happened, although it had not returned.
    expect(world.judge(world.tree(2), 1)).toBeNull();
  });
});

describe('sizes', () => {
  // Commit 51e3ae81ec58 (generic/456): ext4_fallocate looks at i_disksize as well.
  test('an allocation within the size takes the size to the disk as far as it goes, and no bytes', () => {
    const allocated = (mode: 'allocate' | 'keep-size'): World =>
      new World(
        IOMAP,
        ...[open('fd0', 'a'), write(1, 0, 8)],
        { op: 'fallocate', handle: 'fd0', mode, offset: 0, length: 4 },
        open('fd1', 'b'),
        { op: 'fsync', handle: 'fd1' },
      );
    const within = allocated('allocate');
    expect(within.judge(within.tree(5, { a: [0, 0, 0, 0] }))).toBeNull();
    expect(within.judge(within.tree(5, { a: [0, 0, 0] }))).toBe('size');
    expect(within.judge(within.tree(5, { a: [0, 0, 0, 0, 0] }))).toBe('bytes');
    const kept = allocated('keep-size');
    expect(kept.judge(kept.tree(5, { a: [] }))).toBeNull();
    expect(kept.judge(kept.tree(5, { a: [0, 0, 0, 0] }))).toBe('bytes');
  });

  test('a hole that begins at the end of the file does nothing, so it says nothing of the size', () => {
    const holed = (mode: 'punch' | 'zero', offset: number): World =>
      new World(
        { ...BUFFER_HEAD, unwrittenFirst: false },
        ...[open('fd0', 'b'), write(1, 0, 1)],
        { op: 'fallocate', handle: 'fd0', mode, offset, length: 1 },
        open('fd1', 'a'),
        { op: 'fsync', handle: 'fd1' },
      );
    const beyond = holed('punch', 1);
    expect(beyond.judge(beyond.tree(4, { b: [] }))).toBeNull();
    const within = holed('punch', 0);
    expect(within.judge(within.tree(4, { b: [] }))).toBe('size');
  });

  // ext4_ext_truncate and ext4_ind_truncate make i_disksize i_size, whether that has moved or not.
  test.each(['truncate', 'ftruncate'] as const)(
    '%s to the same size takes the size to the disk, and no bytes',
    (op) => {
      const size = 2;
      const same: Operation = op === 'truncate' ? { op, path: 'a', size } : { op, handle: 'fd0', size };
      const program = [open('fd0', 'a'), write(1, 0, size)];
      const other = [open('fd1', 'b'), { op: 'fsync', handle: 'fd1' }] as const satisfies Operation[];
      for (const mode of [{ ...BUFFER_HEAD, unwrittenFirst: false }, IOMAP]) {
        const plain = new World(mode, ...program, ...other);
        expect(plain.judge(plain.tree(4, { a: [] }))).toBeNull();
        expect(plain.judge(plain.tree(4, { a: [0, 0] }))).toBe('bytes');
        const cut = new World(mode, ...program, same, ...other);
        expect(cut.judge(cut.tree(5, { a: [] }))).toBe('size');
        expect(cut.judge(cut.tree(5, { a: [0, 0] }))).toBeNull();
        expect(cut.judge(cut.tree(5, { a: [1, 9] }))).toBe('bytes');
      }
    },
  );
});

// ext4_fsync_nojournal: the file, and the directories that got its name.
describe('without a journal', () => {
  const NO_JOURNAL = { ...BUFFER_HEAD, journal: false };

  test('an fsync promises the only file that has changed since all was synced', () => {
    const world = new World(
      NO_JOURNAL,
      open('fd1', 'b'),
      { op: 'sync' },
      open('fd0', 'a'),
      write(1, 0, 8),
      FSYNC,
    );
    expect(world.judge(world.tree(5))).toBeNull();
    expect(world.judge(world.tree(2))).toBe('names');
    expect(world.judge(world.tree(5, { a: [] }))).toBe('size');
    expect(world.judge(world.tree(5, { a: filled(8, 2) }))).toBe('bytes');
  });

  test('it promises nothing while another one has changed, or has changed since', () => {
    const nothing: RecoveredTree = new Map();
    const begun = [open('fd1', 'b'), { op: 'sync' }] as const satisfies Operation[];
    const other: Operation = { op: 'chmod', path: 'b', mode: 0o600 };
    for (const operations of [
      [...begun, other, open('fd0', 'a'), FSYNC],
      [...begun, open('fd0', 'a'), FSYNC, other],
      [...begun, open('fd0', 'a'), { op: 'unlink', path: 'b' }, FSYNC],
    ] as const satisfies Operation[][]) {
      const world = new World(NO_JOURNAL, ...operations);
      expect(world.judge(nothing)).toBeNull();
    }
  });
});

describe('attributes', () => {
  // ext4_do_update_inode asks fdatasync to commit where i_disksize has moved.
  test('fdatasync says nothing of a truncation of what was never given a place', () => {
    const cut: Operation = { op: 'ftruncate', handle: 'fd0', size: 0 };
    const program = (...between: Operation[]): Operation[] => [
      ...[open('fd0', 'a'), FSYNC, write(1, 0, 8), ...between, cut],
      { op: 'fdatasync', handle: 'fd0' },
    ];
    const delayed = new World(BUFFER_HEAD, ...program());
    expect(delayed.judge(delayed.tree(2))).toBeNull();
    const atOnce = { ...BUFFER_HEAD, delalloc: false, unwrittenFirst: false };
    const placed = new World(atOnce, ...program());
    expect(placed.judge(placed.tree(2))).toBe('attributes');
    const synced = new World(BUFFER_HEAD, ...program(FSYNC));
    for (const version of [2, 4]) expect(synced.judge(synced.tree(version))).not.toBeNull();
    expect(synced.judge(synced.tree(5))).toBeNull();
  });

  const marked = [
    open('fd0', 'a'),
    { op: 'sync' },
    { op: 'setxattr', path: 'a', name: 'user.a', value: { seed: 3, length: 4 } },
    { op: 'chattr', path: 'a', immutable: false, append: false, nodump: true },
  ] as const satisfies Operation[];

  test('extended attributes and flags are those of a moment, until they are synced', () => {
    const world = new World(BUFFER_HEAD, ...marked);
    for (const version of [2, 3, 4]) expect(world.judge(world.tree(version))).toBeNull();
    const synced = new World(BUFFER_HEAD, ...marked, FSYNC);
    expect(synced.judge(synced.tree(5))).toBeNull();
    for (const version of [2, 3]) expect(synced.judge(synced.tree(version))).toBe('attributes');
  });

  test('no value is found that nobody gave', () => {
    const world = new World(BUFFER_HEAD, ...marked);
    const tree = world.tree(4);
    const a = tree.get('a');
    if (a === undefined) throw new Error('a is not there');
    for (const change of [
      { xattrs: new Map([['user.a', Uint8Array.of(3, 3, 3, 9)]]) },
      { xattrs: new Map([['user.b', Uint8Array.of(3, 3, 3, 3)]]) },
      { flags: ['noatime'] as const },
    ])
      expect(world.judge(new Map(tree).set('a', { ...a, ...change }))).toBe('attributes');
  });
});

describe('bytes', () => {
  test('journalled bytes that were committed before they were synced are those of the commit', () => {
    const journal = { ...BUFFER_HEAD, data: 'journal', delalloc: false, unwrittenFirst: false } as const;
    const world = new World(
      journal,
      ...[open('fd0', 'b'), open('fd1', 'a'), write(7, 0, 1)],
      { op: 'fsync', handle: 'fd1' },
      { op: 'pwrite', handle: 'fd1', offset: 0, content: { seed: 1, length: 1 } },
      FSYNC,
    );
    expect(world.judge(world.tree(4))).toBeNull();
    expect(world.judge(world.tree(4, { b: [9] }))).toBe('bytes');
  });

  /** A file whose data is journalled by its own flag from its third operation on, and another one. */
  const journalledByFlag = (mode: DurabilityMode): World =>
    new World(
      mode,
      ...[open('fd0', 'b'), open('fd1', 'a')],
      { op: 'chattr', path: 'b', immutable: false, append: false, journalData: true },
      ...[write(7, 0, 4), write(8, 0, 4)],
    );

  test('with nodelalloc those of a file with the flag j come with its size, as with data=journal', () => {
    const world = journalledByFlag({ ...BUFFER_HEAD, delalloc: false, unwrittenFirst: false });
    expect(world.judge(world.tree(4))).toBeNull();
    expect(world.judge(world.tree(5))).toBeNull();
    expect(world.judge(world.tree(4, { b: [0, 0, 0, 0] }))).toBe('bytes');
  });

  test('with delalloc the flag j changes nothing (ext4_inode_journal_mode)', () => {
    const world = journalledByFlag(BUFFER_HEAD);
    for (const bytes of [[], [0, 0, 0, 0], [7, 8, 7, 8]])
      expect(world.judge(world.tree(4, { b: bytes }))).toBeNull();
  });

  test('a file with the flag j is never on the iomap path: zeros may be in its grown size', () => {
    expect(journalledByFlag(IOMAP).judge(journalledByFlag(IOMAP).tree(4, { b: [0, 0, 0, 0] }))).toBeNull();
  });

  test('what was begun beside a call that has not returned may be there', () => {
    const world = new World(BUFFER_HEAD, open('fd0', 'a'), open('fd1', 'b'), FSYNC, {
      op: 'chmod',
      path: 'b',
      mode: 0o600,
    });
    expect(world.judge(world.tree(4), 2, 4)).toBeNull();
    expect(world.judge(world.tree(4), 2)).toBe('attributes');
  });

  // folio_prepare_writeback: what is being written is passed over by whoever does not wait.
  test('zeros may be in front of what was sent while earlier pages were on their way', () => {
    const sends: Operation = { op: 'writeback', path: 'a', offset: 0, length: 2 * BLOCK_BYTES };
    const program = (...between: Operation[]): Operation[] => [
      ...[open('fd0', 'a'), write(1, 0, 1), sends, ...between],
      ...[write(2, 0, 2 * BLOCK_BYTES), sends, open('fd1', 'b'), { op: 'fsync', handle: 'fd1' } as const],
    ];
    const passed = [1, ...filled(BLOCK_BYTES - 1, 0), ...filled(BLOCK_BYTES, 2)];
    const beside = new World(IOMAP, ...program());
    expect(beside.judge(beside.tree(7, { a: passed }))).toBeNull();
    const waited = new World(IOMAP, ...program(FSYNC));
    expect(waited.judge(waited.tree(8, { a: passed }))).toBe('bytes');
  });

  const overwritten = (...more: Operation[]): World =>
    new World(BUFFER_HEAD, open('fd0', 'a'), write(1, 0, 8), FSYNC, write(2, 0, 8), ...more);

  test('without a sync each is the old or the new one, and nothing else', () => {
    const world = overwritten();
    for (const bytes of [filled(8, 1), filled(8, 2), [1, 1, 2, 2, 1, 2, 1, 2]])
      expect(world.judge(world.tree(4, { a: bytes }))).toBeNull();
    expect(world.judge(world.tree(4, { a: [1, 1, 1, 3, 1, 1, 1, 1] }))).toBe('bytes');
    expect(world.judge(world.tree(4, { a: [1, 1, 1, 0, 1, 1, 1, 1] }))).toBe('bytes');
  });

  test('with a sync they are the new ones', () => {
    const world = overwritten(FSYNC);
    expect(world.judge(world.tree(5))).toBeNull();
    expect(world.judge(world.tree(5, { a: [2, 2, 2, 2, 2, 2, 2, 1] }))).toBe('bytes');
  });

  // B13: message-id 20230324092907.
  test('zeros in a size that has grown are for the buffer_head path only', () => {
    const program = [open('fd0', 'a'), write(1, 0, 3), FSYNC, write(2, 3, 3)];
    for (const [mode, expected] of [
      [BUFFER_HEAD, null],
      [IOMAP, 'bytes'],
    ] as const) {
      const world = new World(mode, ...program);
      expect(world.judge(world.tree(4, { a: [1, 1, 1, 0, 0, 0] }))).toBe(expected);
      expect(world.judge(world.tree(4, { a: [1, 1, 1] }))).toBeNull();
      expect(world.judge(world.tree(4, { a: [1, 1, 1, 9, 9, 9] }))).toBe('bytes');
    }
  });

  // ext4_block_truncate_page orders what it zeroes with data=ordered only.
  test('what a truncation zeroed comes back with data=writeback only', () => {
    const size = (bytes: number): Operation => ({ op: 'ftruncate', handle: 'fd0', size: bytes });
    const program = [open('fd0', 'a'), write(1, 0, 8), FSYNC, size(4), size(8)];
    for (const [mode, expected] of [
      [BUFFER_HEAD, 'bytes'],
      [IOMAP, 'bytes'],
      [WRITEBACK, null],
    ] as const) {
      const world = new World(mode, ...program);
      expect(world.judge(world.tree(5))).toBeNull();
      expect(world.judge(world.tree(5, { a: filled(8, 1) }))).toBe(expected);
    }
  });
});

describe('sizes', () => {
  // Commit 9d80eaa1a1d3: i_disksize goes to the end of the hole, or nothing would move it there any more.
  test('a hole that is there has moved the size to its end', () => {
    const hole: Operation = {
      op: 'fallocate',
      handle: 'fd0',
      mode: 'punch',
      offset: BLOCK_BYTES,
      length: BLOCK_BYTES,
    };
    const world = new World(BUFFER_HEAD, open('fd0', 'a'), write(1, 0, 3 * BLOCK_BYTES), hole, {
      op: 'mkdir',
      path: 'd',
      mode: 0o755,
    });
    const upTo = (size: number): RecoveredTree =>
      world.tree(4, { a: [...filled(BLOCK_BYTES, 1), ...filled(2 * BLOCK_BYTES, 0)].slice(0, size) });
    expect(world.judge(upTo(2 * BLOCK_BYTES))).toBeNull();
    expect(world.judge(upTo(BLOCK_BYTES))).toBe('size');
  });

  test('an msync of a hole promises no size, and of what was written as much as that needs', () => {
    const mapped = (place: number): World =>
      new World(
        BUFFER_HEAD,
        open('fd0', 'a'),
        {
          ...{ op: 'mmap', as: 'map0', handle: 'fd0', offset: 0, length: 2 * BLOCK_BYTES },
          ...{ sharing: 'shared', access: 'read-write' },
        },
        write(1, place, 10),
        { op: 'msync', mapping: 'map0', offset: 0, length: 2 * BLOCK_BYTES, mode: 'sync' },
      );
    const hole = mapped(3 * BLOCK_BYTES);
    expect(hole.judge(hole.tree(4, { a: [] }))).toBeNull();
    const written = mapped(BLOCK_BYTES);
    expect(written.judge(written.tree(4, { a: [] }))).toBe('size');
    expect(written.judge(written.tree(4))).toBeNull();
  });

  test('a sync of a range promises no size that a write behind it has moved', () => {
    const world = new World(
      BUFFER_HEAD,
      open('fd0', 'a'),
      write(1, 0, 10),
      FSYNC,
      write(2, 3 * BLOCK_BYTES, 10),
      { op: 'pwrite', handle: 'fd0', offset: 0, content: { seed: 3, length: 10 }, rwf: ['dsync'] },
    );
    expect(world.judge(world.tree(5, { a: filled(10, 3) }))).toBeNull();
    expect(world.judge(world.tree(3))).toBe('bytes');
  });
});
