import { describe, expect, test } from 'vitest';
import type { Handle, MappingName, Outcome, Run } from './operation.ts';
import { Session, moved } from './testing.ts';

const PAGE = 4096;

/** A file of 10,000 bytes, mapped whole with two pages more: shared as map0, private as map1. */
function session() {
  const made = new Session();
  const handle = made.open('f', 'read-write', { create: true });
  made.prepare({ op: 'pwrite', handle, offset: 0, content: { seed: 1, length: 10_000 } });
  for (const sharing of ['shared', 'private'] as const) {
    const as: MappingName = sharing === 'shared' ? 'map0' : 'map1';
    made.prepare({ op: 'mmap', as, handle, offset: 0, length: 5 * PAGE, sharing, access: 'read-write' });
  }
  const text = (runs: readonly Run[]): string =>
    runs
      .map((run) =>
        run.kind === 'bytes' ? `${run.seed}:${run.start}+${run.length}` : `${run.length} ${run.kind}`,
      )
      .join(' ');
  const said = (outcome: Outcome): string => {
    if (!outcome.ok) return outcome.errno;
    if (outcome.value.kind === 'runs') return text(outcome.value.runs);
    return outcome.value.kind === 'count' ? String(outcome.value.count) : outcome.value.kind;
  };
  let seed = 1;
  const load = (mapping: MappingName, offset: number, length: number): string =>
    said(made.step({ op: 'load', mapping, offset, length }));
  const store = (mapping: MappingName, offset: number, length: number, observed?: Outcome): string =>
    said(made.step({ op: 'store', mapping, offset, content: { seed: ++seed, length } }, observed));
  const file = (offset: number, length: number): string => text(made.pread(handle, offset, length));
  return { made, handle, load, store, file };
}

// A store to a page that is writable still is seen by nobody, so mtime stays what utimensat(2) made it, here a time to come: with
// relatime each read moves atime then. If the page was protected meanwhile, the store moved mtime, and only the first read does.
test('where a store may have moved mtime, a read may have moved atime', () => {
  const { made, handle, store } = session();
  expect(store('map0', 0, 1)).toBe('1');
  made.prepare({ op: 'utimens', path: 'f', atime: 'omit', mtime: { seconds: 2 ** 33, nanoseconds: 0 } });
  expect(store('map0', 0, 1)).toBe('1');
  const stored = made.now;
  made.pread(handle, 0, 1);
  const first = made.now;
  made.pread(handle, 0, 1);
  const second = made.now;
  const stat = made.fstat(handle);
  expect(stat).toMatchObject({ mtime: stored, atime: second });
  const observed = { ok: true, value: { kind: 'stat', stat: { ...stat, atime: first } } } as const;
  expect(made.step({ op: 'fstat', handle }, observed)).toEqual(observed);
});

// All of it was seen on Linux 6.18.44 (impl/vfs/memory-beside-kernel.test.ts shows the same).
describe('the end of file', () => {
  test('behind its page nothing is there, and up to there more than the file has', () => {
    const { load, store, file } = session();
    expect(load('map0', 8192, 2 * PAGE)).toBe('1:8192+1808 2288 zeros');
    expect(load('map0', 3 * PAGE, 1)).toBe('EFAULT');
    expect(store('map0', 3 * PAGE - 10, 100)).toBe('10');
    expect(store('map0', 3 * PAGE, 1)).toBe('EFAULT');
    // Nobody knows when it is cleared; it is never part of the file.
    expect(load('map0', 8192, PAGE)).toBe('1:8192+1808 2288 any');
    expect(file(9_999, 100)).toBe('1:9999+1');
  });

  test('what was stored behind it is no part of the file when it grows', () => {
    const { made, handle, store, file } = session();
    expect(store('map0', 9_900, 200)).toBe('200');
    expect(made.fstat(handle).size).toBe(10_000);
    made.prepare({ op: 'ftruncate', handle, size: 12_000 });
    expect(file(9_890, 300)).toBe('1:9890+10 2:0+100 190 zeros');
  });

  test('a page that is cut off is gone, and zeros when the file grows again', () => {
    const { made, handle, load, store } = session();
    expect(store('map1', 8192, 10)).toBe('10');
    made.prepare({ op: 'ftruncate', handle, size: 5000 });
    expect([load('map0', 8192, 10), load('map1', 8192, 10)]).toEqual(['EFAULT', 'EFAULT']);
    made.prepare({ op: 'ftruncate', handle, size: 9000 });
    expect(load('map1', 8192, 808)).toBe('808 zeros');
  });
});

describe('private mappings', () => {
  test('show the file as it is until their page is stored to, and the copy afterwards', () => {
    const { made, handle, load, store, file } = session();
    made.prepare({ op: 'pwrite', handle, offset: 100, content: { seed: 77, length: 10 } });
    expect(load('map1', 100, 11)).toBe('77:0+10 1:110+1');
    expect(store('map1', 4090, 10)).toBe('10');
    expect(file(4090, 10)).toBe('1:4090+10');
    made.prepare({ op: 'pwrite', handle, offset: 0, content: { seed: 88, length: 10_000 } });
    expect(load('map1', 4080, 30)).toBe('1:4080+10 2:0+6 2:6+4 1:4100+10');
    made.prepare({ op: 'fallocate', handle, mode: 'punch', offset: 0, length: 10_000 });
    expect(load('map1', 8190, 4)).toBe('1:8190+2 2 zeros');
  });

  test('whether their copies survive a move of contents, nobody says', () => {
    const { made, handle, store } = session();
    store('map1', 4096, 10);
    made.prepare({ op: 'fallocate', handle, mode: 'insert', offset: 4096, length: 4096 });
    const enabled = (offset: number): boolean =>
      made.model.enabled({ op: 'load', mapping: 'map1', offset, length: 10 });
    expect([enabled(0), enabled(4090), enabled(8192)]).toEqual([true, false, true]);
  });
});

test('the first store to a page moves the times, later ones may', () => {
  const { made, handle, store } = session();
  store('map0', 0, 10);
  const { seconds } = made.now;
  const first = made.fstat(handle);
  expect([first.mtime.seconds, first.ctime.seconds]).toEqual([seconds, seconds]);
  store('map0', 0, 10);
  made.step({ op: 'fstat', handle }, { ok: true, value: { kind: 'stat', stat: first } });
  expect(made.fstat(handle).mtime).toEqual(first.mtime);
  store('map1', 0, 10);
  expect(made.fstat(handle).mtime).toEqual(first.mtime);
});

test('a full device ends a store where a page begins', () => {
  const { made, handle, store, file } = session();
  made.prepare({ op: 'ftruncate', handle, size: 1 << 20 });
  expect(store('map0', 12_000, 2 * PAGE, moved(3 * PAGE - 12_000))).toBe(String(3 * PAGE - 12_000));
  expect(file(3 * PAGE - 1, 2)).toBe('2:287+1 1 zeros');
  expect(store('map0', 12_000, 2 * PAGE, moved(100))).toBe(String(2 * PAGE));
  expect(store('map0', 16_384, 10, { ok: false, errno: 'EFAULT' })).toBe('EFAULT');
});

describe('mmap', () => {
  const mapping = (made: Session, handle: Handle, what: Record<string, unknown>): string =>
    made.run({
      op: 'mmap',
      as: 'map9',
      handle,
      offset: 0,
      length: 1,
      sharing: 'shared',
      access: 'read-write',
      ...what,
    } as never);

  test('asks for a page, a file, bytes, and the access that it gives', () => {
    const { made, handle } = session();
    const [reader, writer, directory] = [
      made.open('f', 'read'),
      made.open('f', 'write'),
      made.open('.', 'read'),
    ];
    expect(mapping(made, 'fd99', { offset: 1 })).toBe('EINVAL');
    expect(mapping(made, 'fd99', { length: 0 })).toBe('EBADF');
    expect(mapping(made, handle, { length: 0 })).toBe('EINVAL');
    const beyond = { op: 'mmap', as: 'map9', handle, offset: 2 ** 44, length: 1, sharing: 'shared' } as const;
    expect(made.model.enabled({ ...beyond, access: 'read' })).toBe(false);
    expect(mapping(made, reader, {})).toBe('EACCES');
    expect(mapping(made, writer, { access: 'read' })).toBe('EACCES');
    expect(mapping(made, directory, { access: 'read' })).toBe('ENODEV');
    expect(mapping(made, reader, { sharing: 'private' })).toBe('ok');
    made.prepare({ op: 'chattr', path: 'f', immutable: false, append: true });
    const appender = made.open('f', 'read-write', { append: true });
    expect(mapping(made, appender, { access: 'read', as: 'map8' })).toBe('EACCES');
  });

  test('keeps the file after its descriptor and its name, but not beyond a remount', () => {
    const { made, handle, load } = session();
    made.prepare({ op: 'close', handle }, { op: 'unlink', path: 'f' });
    expect(load('map0', 0, 10)).toBe('1:0+10');
    made.prepare({ op: 'munmap', mapping: 'map1' }, { op: 'remount' });
    expect(made.model.mappings.size).toBe(0);
  });

  test('what may only be read, or belongs to an immutable file, cannot be stored to', () => {
    const { made, handle, store } = session();
    made.prepare({ op: 'mmap', as: 'map2', handle, offset: 0, length: 1, sharing: 'shared', access: 'read' });
    expect(store('map2', 0, 1)).toBe('EFAULT');
    made.prepare({ op: 'chattr', path: 'f', immutable: true, append: false });
    expect(store('map0', 0, 1)).toBe('EFAULT');
  });
});

test('msync takes whole pages of a mapping', () => {
  const { made } = session();
  const msync = (offset: number, length: number): string =>
    made.run({ op: 'msync', mapping: 'map0', offset, length, mode: 'sync' });
  expect([msync(0, 100), msync(4096, 0), msync(100, 100)]).toEqual(['ok', 'ok', 'EINVAL']);
  expect(
    made.model.enabled({ op: 'msync', mapping: 'map0', offset: 4096, length: 1 << 20, mode: 'sync' }),
  ).toBe(false);
});

test('a copy of the model has mappings of its own', () => {
  const { made, store } = session();
  const clone = made.model.clone();
  store('map0', 0, 10);
  store('map1', 0, 10);
  for (const mapping of ['map0', 'map1'] as const) {
    expect(clone.step({ op: 'load', mapping, offset: 0, length: 10 }, made.now)).toMatchObject({
      value: { runs: [{ seed: 1, start: 0 }] },
    });
  }
});
