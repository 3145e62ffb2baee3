import { expect, test } from 'vitest';
import { linuxTraits } from './machine-traits.ts';

const HELLO = {
  version: 4,
  uid: 0,
  gid: 0,
  resources: true,
  rawIo: false,
  protectedHardlinks: true,
} as const;

// Commit ae21c0c0ac56aa734327e9c8b7dfef4270ab54d4 is in v6.17, and in no older release.
test('what a kernel can do goes by its release, what the caller may by himself', () => {
  const uncachedOn = (kernel: string): boolean | undefined => linuxTraits({ ...HELLO, kernel }).uncachedIo;
  expect([uncachedOn('6.1.176'), uncachedOn('6.16.9'), uncachedOn('6.17.0-rc1')]).toEqual([
    false,
    false,
    true,
  ]);
  expect(linuxTraits({ ...HELLO, kernel: '6.18.44' })).toMatchObject({
    rootHasResources: true,
    rootHasRawIo: false,
    protectedHardlinks: true,
  });
});
