import { expect, test } from 'vitest';
import { kernelTarget } from './target-words.ts';

test.each([
  'loop',
  'loop,fs=ext4',
  'loop,options=nodelalloc:sync',
  'uml',
  'dir:/nowhere',
  'uml,fs=ext4,options=nodelalloc,kernel=/boot/linux',
])('%s is a target', (name) => {
  expect(kernelTarget(name, '/nowhere')?.name).toBe(name);
});

test.each(['', 'loops', 'loop,fs=ntfs', 'loop,device=/dev/sda', 'loop,kernel=/boot/linux', 'impl:iomap'])(
  '%j is none',
  (name) => {
    expect(kernelTarget(name, '/nowhere')).toBe(null);
  },
);
