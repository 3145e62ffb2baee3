import { describe, expect, test } from 'vitest';
import type { FallocateMode, Operation, Outcome } from './operation.ts';
import { NO_SPACE, Session } from './testing.ts';

const BLOCK = 4096;

/** A file of 10,000 bytes, and what allocates in it. */
function session(options: ConstructorParameters<typeof Session>[0] = {}) {
  const made = new Session(options);
  const handle = made.open('f', 'read-write', { create: true });
  made.prepare({ op: 'pwrite', handle, offset: 0, content: { seed: 1, length: 10_000 } });
  const fallocate = (mode: FallocateMode, offset: number, length: number, observed?: Outcome): string =>
    made.run({ op: 'fallocate', handle, mode, offset, length }, observed);
  const shape = (): string =>
    made
      .pread(handle, 0, 1 << 20)
      .map((run) => (run.kind === 'bytes' ? `${run.length}@${run.start}` : `${run.length} ${run.kind}`))
      .join(' ');
  return { made, handle, fallocate, shape };
}

// Every answer and effect of this table was given by Linux 6.18 on a loop mount (4096-byte blocks).
describe('what each mode does to 10,000 bytes', () => {
  test.each<[FallocateMode, number, number, string, string]>([
    ['allocate', 20_000, 100, 'ok', '10000@0 10100 zeros'],
    ['allocate', 0, 100, 'ok', '10000@0'],
    ['keep-size', 20_000, 100, 'ok', '10000@0'],
    ['punch', 100, 200, 'ok', '100@0 200 zeros 9700@300'],
    ['punch', 9_000, 20_000, 'ok', '9000@0 1000 zeros'],
    ['punch', 20_480, 4096, 'ok', '10000@0'],
    ['zero', 100, 200, 'ok', '100@0 200 zeros 9700@300'],
    ['zero', 9_000, 2_000, 'ok', '9000@0 2000 zeros'],
    ['zero-keep-size', 9_000, 2_000, 'ok', '9000@0 1000 zeros'],
    ['write-zeroes', 0, 4096, 'ok', '4096 zeros 5904@4096'],
    ['collapse', 4096, 4096, 'ok', '4096@0 1808@8192'],
    ['collapse', 100, 100, 'EINVAL', '10000@0'],
    ['collapse', 4096, 8192, 'EINVAL', '10000@0'],
    ['collapse', 0, 20_480, 'EINVAL', '10000@0'],
    ['insert', 4096, 4096, 'ok', '4096@0 4096 zeros 5904@4096'],
    ['insert', 20_480, 4096, 'EINVAL', '10000@0'],
    ['allocate', 2 ** 45, 1, 'EFBIG', '10000@0'],
    ['punch', 0, 2 ** 45, 'EFBIG', '10000@0'],
    ['allocate', -1, 1, 'EINVAL', '10000@0'],
    ['allocate', 0, 0, 'EINVAL', '10000@0'],
  ])('%s at %i of %i', (mode, offset, length, answer, shape) => {
    const { fallocate, shape: found } = session();
    expect([fallocate(mode, offset, length), found()]).toEqual([answer, shape]);
  });
});

test('times move although nothing else does, but not where the call is refused before it looks at the file', () => {
  const { made, handle, fallocate } = session();
  const moved = (mode: FallocateMode, offset: number, length: number): boolean => {
    fallocate(mode, offset, length);
    const { seconds } = made.now;
    return made.fstat(handle).mtime.seconds === seconds && made.fstat(handle).ctime.seconds === seconds;
  };
  expect(moved('keep-size', 0, 1)).toBe(true);
  expect(moved('punch', 1 << 20, 1)).toBe(true);
  // EINVAL of ext4, after file_modified.
  expect(moved('collapse', 1, 1)).toBe(true);
  // EINVAL and EFBIG of vfs_fallocate.
  expect(moved('allocate', 0, 0)).toBe(false);
  expect(moved('allocate', 2 ** 45, 1)).toBe(false);
});

test('files with indirect blocks can only be punched, and not in the last block of the largest', () => {
  const { fallocate, shape } = session({ extents: false });
  for (const mode of ['allocate', 'keep-size', 'zero', 'zero-keep-size', 'collapse', 'insert'] as const) {
    expect(fallocate(mode, 0, BLOCK), mode).toBe('EOPNOTSUPP');
  }
  expect(fallocate('punch', 0, BLOCK)).toBe('ok');
  expect(shape()).toBe('4096 zeros 5904@4096');
});

test('contents move by whole clusters', () => {
  const { fallocate } = session({ clusterBytes: 8192 });
  expect(fallocate('collapse', 0, BLOCK)).toBe('EINVAL');
  expect(fallocate('insert', 0, 8192)).toBe('ok');
});

test('append-only files can be given blocks and nothing else; immutable ones nothing; readers nothing', () => {
  const { made, handle, fallocate } = session();
  made.prepare({ op: 'chattr', path: 'f', immutable: false, append: true });
  expect(fallocate('keep-size', 0, BLOCK)).toBe('ok');
  expect(fallocate('punch', 0, BLOCK)).toBe('EPERM');
  made.prepare({ op: 'chattr', path: 'f', immutable: true, append: false });
  expect(fallocate('allocate', 0, BLOCK)).toBe('EPERM');
  made.prepare({ op: 'chattr', path: 'f', immutable: false, append: false });
  const reader = made.open('f', 'read');
  expect(made.run({ op: 'fallocate', handle: reader, mode: 'allocate', offset: 0, length: 0 })).toBe(
    'EINVAL',
  );
  expect(made.run({ op: 'fallocate', handle: reader, mode: 'allocate', offset: 0, length: 1 })).toBe('EBADF');
  expect(made.run({ op: 'fallocate', handle: 'fd99', mode: 'allocate', offset: -1, length: 1 })).toBe(
    'EBADF',
  );
  expect(handle).not.toBe(reader);
});

describe('out of space', () => {
  const sized = (size: number, stat: Outcome): Outcome =>
    stat.ok && stat.value.kind === 'stat'
      ? { ok: true, value: { kind: 'stat', stat: { ...stat.value.stat, size } } }
      : stat;

  /** The size after an allocation that ran out of space, where the target shows `size`. */
  function sizeAfter(mode: FallocateMode, size: number): number {
    const { made, handle, fallocate } = session();
    expect(fallocate(mode, 8_000, 100_000, NO_SPACE)).toBe('ENOSPC');
    const look: Operation = { op: 'fstat', handle };
    made.step(look, sized(size, made.step(look)));
    return made.fstat(handle).size;
  }

  test('the size has grown by whole blocks, but not to the end', () => {
    expect(sizeAfter('allocate', 10_000)).toBe(10_000);
    expect(sizeAfter('allocate', 3 * BLOCK)).toBe(3 * BLOCK);
    // None of these may be; the last one because what could not be allocated is the end.
    expect(sizeAfter('allocate', 108_000)).toBe(10_000);
    expect(sizeAfter('allocate', 10_001)).toBe(10_000);
    expect(sizeAfter('allocate', 2 * BLOCK)).toBe(10_000);
    expect(sizeAfter('keep-size', 3 * BLOCK)).toBe(10_000);
  });

  test('what was to be zero may be anything until it is written again', () => {
    const { fallocate, shape, made, handle } = session();
    expect(fallocate('zero-keep-size', 4000, 4000, NO_SPACE)).toBe('ENOSPC');
    expect(shape()).toBe('4000@0 4000 any 2000@8000');
    made.prepare({ op: 'pwrite', handle, offset: 4000, content: { seed: 1, length: 4000 } });
    expect(shape()).toBe('4000@0 4000@0 2000@8000');
  });
});

describe('an insertion that would push reserved blocks out of the largest file', () => {
  const withLastBlock = () => {
    const made = session();
    expect(made.fallocate('keep-size', (2 ** 32 - 1) * BLOCK - BLOCK, BLOCK)).toBe('ok');
    const insert: Operation = {
      op: 'fallocate',
      handle: made.handle,
      mode: 'insert',
      offset: 0,
      length: BLOCK,
    };
    return { ...made, insert };
  };

  // So it was on Linux 6.18, on a loop mount.
  test('is refused when the file has grown, and moves nothing', () => {
    const { fallocate, shape } = withLastBlock();
    expect([fallocate('insert', 0, BLOCK), shape()]).toEqual(['EINVAL', '10000@0 4096 zeros']);
  });

  test('is not tried once something may have given them back', () => {
    const { made, handle, insert } = withLastBlock();
    expect(made.model.enabled(insert)).toBe(true);
    expect(made.model.leavesChoice(insert)).toBe(false);
    made.prepare({ op: 'ftruncate', handle, size: 10_000 });
    expect(made.model.enabled(insert)).toBe(false);
    expect(made.model.leavesChoice(insert)).toBe(true);
  });

  // So it was for blocks that were reserved by zeroing on Linux 6.18, on a loop mount.
  test('is what came of it where that is not known', () => {
    const refused = { ok: false, errno: 'EINVAL' } as const;
    const answers = [undefined, refused].map((observed) => {
      const { made, handle, insert, shape } = withLastBlock();
      made.prepare({ op: 'ftruncate', handle, size: 10_000 });
      return [made.run(insert, observed), shape()];
    });
    expect(answers).toEqual([
      ['ok', '4096 zeros 10000@0'],
      ['EINVAL', '10000@0 4096 zeros'],
    ]);
  });
});
