import { expect, test } from 'vitest';
import { kernelTarget } from './target-words.ts';

test.each(['loop', 'loop,fs=ext4', 'loop,options=nodelalloc:sync'])('%s is a target', (name) => {
  expect(kernelTarget(name, '/nowhere')?.name).toBe(name);
});

test.each(['', 'loops', 'loop,fs=xfs', 'loop,device=/dev/sda', 'impl:iomap'])('%j is none', (name) => {
  expect(kernelTarget(name, '/nowhere')).toBe(null);
});
