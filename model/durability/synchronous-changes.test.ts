import { describe, expect, test } from 'vitest';
import type { Operation, Path } from '../operation.ts';
import { BUFFER_HEAD, filled, open, SYNC_ALL, World, write } from './world.fixture.ts';

// ext4_fsync_journal: for what is no regular file, ext4_force_commit.
describe('a directory that is synced', () => {
  const root: Operation = { op: 'open', as: 'fd1', path: '.', access: 'read', flags: {}, mode: 0 };

  test.each(['fsync', 'fdatasync'] as const)('%s keeps names and attributes of all, and no bytes', (op) => {
    const begun = [open('fd0', 'a'), write(1, 0, 8), root] as const satisfies Operation[];
    const changed: Operation = { op: 'chmod', path: 'a', mode: 0o600 };
    const before = new World(BUFFER_HEAD, ...begun, changed);
    expect(before.judge(before.tree(0))).toBeNull();
    const after = new World(BUFFER_HEAD, ...begun, changed, { op, handle: 'fd1' });
    expect(after.judge(after.tree(0))).toBe('names');
    expect(after.judge(after.tree(3))).toBe('attributes');
    for (const bytes of [filled(8, 1), filled(8, 0), []])
      expect(after.judge(after.tree(5, { a: bytes }))).toBeNull();
  });

  test('without a journal it promises nothing', () => {
    const world = new World({ ...BUFFER_HEAD, journal: false }, ...[root, open('fd0', 'a')], {
      op: 'fsync',
      handle: 'fd1',
    });
    expect(world.judge(world.tree(0))).toBeNull();
  });
});

// ext4_handle_sync where IS_DIRSYNC or IS_SYNC says so.
describe('flags that have changes committed at once', () => {
  const flags = (
    path: Path,
    changes: { dirsync?: true; sync?: true; journalData?: true; nodump?: true },
  ): Operation => ({
    ...{ op: 'chattr', path, immutable: false, append: false },
    ...changes,
  });
  const made: Operation = { op: 'mkdir', path: 'd', mode: 0o755 };

  test.each([
    ['a name that is made', open('fd0', 'd/b'), 4],
    ['one that goes', { op: 'unlink', path: 'd/a' }, 4],
    ['one that leaves for another directory', { op: 'rename', from: 'd/a', to: 'a' }, 4],
  ] as const)('D of a directory: %s', (_, change, before) => {
    const begun = [made, open('fd1', 'd/a')];
    for (const flag of ['dirsync', 'sync'] as const) {
      const waited = new World(BUFFER_HEAD, ...begun, flags('d', { [flag]: true }), SYNC_ALL, change);
      expect(waited.judge(waited.tree(before))).toBe('names');
      expect(waited.judge(waited.tree(before + 1))).toBeNull();
    }
    const plain = new World(BUFFER_HEAD, ...begun, flags('d', {}), SYNC_ALL, change);
    expect(plain.judge(plain.tree(before))).toBeNull();
  });

  test('D says nothing of the directory itself, nor of the attributes of what is in it', () => {
    for (const change of [
      { op: 'rename', from: 'd', to: 'e' },
      { op: 'chmod', path: 'd/a', mode: 0o600 },
    ] as const satisfies Operation[]) {
      const world = new World(
        BUFFER_HEAD,
        ...[made, open('fd0', 'd/a'), flags('d', { dirsync: true }), SYNC_ALL, change],
      );
      expect(world.judge(world.tree(4))).toBeNull();
    }
  });

  test('S of a file: its extended attributes and flags, but not its mode', () => {
    const begun = [open('fd0', 'a'), flags('a', { sync: true }), SYNC_ALL];
    const value = { seed: 3, length: 4 };
    for (const [change, found] of [
      [{ op: 'setxattr', path: 'a', name: 'user.a', value }, 'attributes'],
      [flags('a', { sync: true, nodump: true }), 'attributes'],
      [{ op: 'chmod', path: 'a', mode: 0o600 }, null],
    ] as const satisfies (readonly [Operation, string | null])[]) {
      const world = new World(BUFFER_HEAD, ...begun, change);
      expect(world.judge(world.tree(3))).toBe(found);
    }
  });

  test('the flag j is there when the call returns, and what was recorded before it', () => {
    const world = new World(
      BUFFER_HEAD,
      ...[open('fd0', 'a'), SYNC_ALL, made, flags('a', { journalData: true })],
    );
    expect(world.judge(world.tree(4))).toBeNull();
    expect(world.judge(world.tree(3))).toBe('attributes');
    expect(world.judge(world.tree(2))).toBe('names');
  });
});
