import { expect, test } from 'vitest';
import type { Errno, Operation, Outcome } from '../../../model/index.ts';
import type { FailureSignature } from '../../failure.ts';
import { DEFAULT_SETUP, type Setup } from '../../setup.ts';
import { differencesOf, KNOWN_DIFFERENCES } from './known-differences.ts';

const failure = (more: Partial<FailureSignature>): FailureSignature => ({
  kind: 'tree',
  target: 'loop',
  step: null,
  operation: null,
  detail: '',
  ...more,
});

const namesOf = (release: string, setup: Setup = DEFAULT_SETUP): string[] =>
  differencesOf(release, 'ext4', setup).map(({ name }) => name);

test('an entry holds for kernels before its version, and on file systems that it is about', () => {
  const behindEnd = 'what was stored behind the end of a file shows when the file grows';
  expect([namesOf('6.12.42').includes(behindEnd), namesOf('6.13.0').includes(behindEnd)]).toEqual([
    true,
    false,
  ]);
  const inline =
    'contents that leave an inode by truncate, fallocate or a mapping are written over later ones';
  const setup = { ...DEFAULT_SETUP, format: { features: ['inline_data'] } };
  expect([namesOf('6.18.44').includes(inline), namesOf('6.18.44', setup).includes(inline)]).toEqual([
    false,
    true,
  ]);
});

test('what spoils, spoils what its reason explains and nothing else', () => {
  const [faulting] = KNOWN_DIFFERENCES.filter(({ name }) => name.includes('memory faults'));
  const spoils = (more: Partial<FailureSignature>): boolean => faulting?.spoils?.(failure(more)) === true;
  expect(spoils({ kind: 'space', detail: 'statfs free blocks' })).toBe(true);
  expect(spoils({ kind: 'result', operation: 'pread', detail: 'pread errno ok/EIO' })).toBe(true);
  expect(spoils({ kind: 'space', detail: 'statfs free inodes' })).toBe(false);
  expect(spoils({ kind: 'result', operation: 'pread', detail: 'pread zeros where bytes belong' })).toBe(
    false,
  );
  expect(spoils({ kind: 'e2fsck', detail: 'Inode N, i_blocks is N, should be N.  Fix? no' })).toBe(false);
});

// By hand on Linux 6.18.44, with blocks of 1024 and clusters of 16 KiB: e2fsck complains of a write at 4398046494730, not at 4398046478346.
test('with bigalloc only what reaches the last cluster is not counted', () => {
  const [clusters] = KNOWN_DIFFERENCES.filter(({ name }) => name.includes('last cluster'));
  const setup: Setup = { ...DEFAULT_SETUP, blockSize: 1024, format: { features: ['bigalloc'] } };
  const write = (offset: number): boolean | undefined =>
    clusters?.applies(
      { op: 'pwrite', handle: 'fd0', offset, content: { seed: 1, length: 469 } },
      { ok: true, value: { kind: 'count', count: 469 } },
      setup,
    );
  expect([write(4398046494730), write(4398046494547), write(4398046478346)]).toEqual([true, true, false]);
});

// By hand on Linux 6.18.44 and 6.1.176: a byte, the operation, another byte in its place, fsync, and another mount shows the first.
test('contents leave the inode by a truncation beyond it and by any fallocate, refused or not', () => {
  const [inline] = KNOWN_DIFFERENCES.filter(({ name }) => name.startsWith('contents that leave'));
  const spoiltBy = (operation: Operation, errno?: Errno): boolean | undefined => {
    const done: Outcome = { ok: true, value: { kind: 'done' } };
    return inline?.applies(operation, errno === undefined ? done : { ok: false, errno }, DEFAULT_SETUP);
  };
  const to = (size: number): Operation => ({ op: 'truncate', path: 'f', size });
  expect([spoiltBy(to(0)), spoiltBy(to(60)), spoiltBy(to(100)), spoiltBy(to(100), 'EPERM')]).toEqual([
    ...[false, false, true, false],
  ]);
  const collapse = { op: 'fallocate', handle: 'fd0', mode: 'collapse', offset: 0, length: 4096 } as const;
  expect([spoiltBy(collapse), spoiltBy(collapse, 'EINVAL'), spoiltBy(collapse, 'EBADF')]).toEqual([
    ...[true, true, false],
  ]);
});

test('every entry says why and where that can be looked up', () => {
  for (const { reason, source, effect, spoils } of KNOWN_DIFFERENCES) {
    expect(reason.length).toBeGreaterThan(20);
    expect(source).toMatch(/commit [0-9a-f]{40}|commits [0-9a-f]{40}|reports\/kernel-findings/);
    expect(spoils !== undefined).toBe(effect === 'spoils');
  }
});
