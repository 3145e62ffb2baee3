import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { onKernel, performCall, type Call } from './call-script.fixture.ts';
import { e2fsck, withImage } from './disk-image.fixture.ts';
import { scriptedKernelTest } from './kernel-mount.fixture.ts';
import { newDisk, testMount } from './test-mount.fixture.ts';

/** Who writes to a program, cuts it or gives it away, takes its capabilities from it. */

const NAME = 'security.capability';
const FILES = ['a', 'b', 'l'] as const;

const MAKE: readonly Call[] = [
  { op: 'file', path: 'a', mode: 0o777 },
  { op: 'file', path: 'b', mode: 0o6777 },
  { op: 'symlink', path: 'l', target: 'a' },
  { op: 'mkdir', path: 'd', mode: 0o777 },
  { op: 'chown', path: 'a', uid: 7, gid: 7 },
];

const path = fc.constantFrom('a', 'b');
/** Sometimes so long that the inode has no room for it beside the capabilities. */
const long = fc.constantFrom(3, 90, 300);

const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('a', 'b', 'd'), fc.constantFrom('00', '01'))
      .map(([to, flag]): Call => ({
        op: 'set',
        path: to,
        name: NAME,
        value: `${flag}000002${'10'.repeat(16)}`,
      })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(path, long)
      .map(([to, repeat]): Call => ({ op: 'set', path: to, name: 'user.other', value: '55', repeat })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(path, fc.constantFrom(0, 1, 5000))
      .map(([to, repeat]): Call => ({ op: 'write', path: to, offset: 3, value: '77', repeat })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(path, fc.constantFrom(0, 3, 9000, 2 ** 50))
      .map(([to, size]): Call => ({ op: 'truncate', path: to, size })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('a', 'b', 'd'), fc.constantFrom(-1, 7), fc.constantFrom(-1, 7))
      .map(([to, uid, gid]): Call => ({ op: 'chown', path: to, uid, gid })),
  },
  {
    weight: 1,
    arbitrary: path.map((to): Call => ({ op: 'chmod', path: to, mode: 0o6777 })),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(0, 0, 7, 8).map((uid): Call => ({ op: 'as', uid, gid: uid, groups: [] })),
  },
);

/** After each call everybody looks. */
const program = (seed: number): Call[] => [
  ...MAKE,
  ...fc
    .sample(call, { seed, numRuns: 300 })
    .flatMap((each): Call[] => [
      each,
      ...FILES.map((file): Call => ({ op: 'get', path: file, name: NAME })),
      { op: 'get', path: 'd', name: NAME },
      { op: 'stat', path: 'b' },
    ]),
];

describe.each([
  ['256', []],
  ['inline', ['inline_data']],
] as const)('%s', (_, features) => {
  scriptedKernelTest('random calls leave and take capabilities as in the kernel', async () => {
    const disk = newDisk(1024, 16 << 20, { features });
    const calls = program(11);
    const kernels = await withImage(disk, (image) => onKernel(image, calls));
    const fs = testMount(disk);
    const ours = calls.map((each) => performCall(fs, each));
    const differs = calls.findIndex((_each, index) => blind(ours[index]) !== blind(kernels[index]));
    expect([calls[differs], ours[differs], kernels[differs]]).toEqual([undefined, undefined, undefined]);
    fs.setCredentials(0, 0);
    fs.unmount();
    expect(await e2fsck(disk)).toBe('clean');
    expect(ours.filter((answer) => answer.startsWith('0')).length).toBeGreaterThan(20);
  });
});

/** Without sectors, which delayed allocation counts at other moments. */
const blind = (answer = ''): string => answer.replace(/^(\d+) \d+ (\d+ \d+)$/, '$1 $2');
