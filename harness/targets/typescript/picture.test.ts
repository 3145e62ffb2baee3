import { expect, test } from 'vitest';
import type { Operation } from '../../../model/index.ts';
import type { MemoryPicture } from '../../memory-picture.ts';
import { DEFAULT_SETUP, timeOfStep } from '../../setup.ts';
import type { Target } from '../../target.ts';
import { typescriptTargets } from './target.ts';

const OPEN: Operation = {
  op: 'open',
  path: 'a',
  as: 'fd0',
  access: 'read-write',
  flags: { create: true },
  mode: 0o644,
};

const write = (offset: number, length: number): Operation => ({
  op: 'pwrite',
  handle: 'fd0',
  offset,
  content: { seed: 1, length },
});

const SETUP = { ...DEFAULT_SETUP, blockSize: 1024 as const };

async function pictureAfter(target: Target, operations: readonly Operation[]): Promise<MemoryPicture> {
  const session = await target.start(SETUP, { faults: [], now: timeOfStep(0) });
  for (const [step, operation] of [OPEN, ...operations].entries()) {
    expect(await session.apply(operation, timeOfStep(step))).toMatchObject({ ok: true });
  }
  return (await session.picture?.(['a'], timeOfStep(0))) ?? expect.fail('no picture');
}

const runs = ({ files }: MemoryPicture): string[] =>
  (files[0]?.runs ?? []).map(({ logical, length, state }) => `${logical}+${length} ${state}`);

test.each(typescriptTargets())('$name: delayed, dirty, and not yet in i_disksize', async (target) => {
  const picture = await pictureAfter(target, [write(1024, 2000)]);
  expect(picture).toMatchObject({
    blockSize: 1024,
    files: [{ name: 'a', links: 1, size: 3024, diskSize: 0, promised: 2, cut: false, inline: false }],
  });
  expect(runs(picture)).toEqual(['0+1 hole', '1+2 delayed']);
  expect(picture.files[0]?.folios).toMatchObject([{ index: 0, pages: 1, dirty: true, blocks: '-DD-' }]);
});

test.each(typescriptTargets())(
  '$name: written and clean after fsync, its transaction committed',
  async (target) => {
    const before = await pictureAfter(target, [write(1024, 2000)]);
    const after = await pictureAfter(target, [write(1024, 2000), { op: 'fsync', handle: 'fd0' }]);
    expect(runs(after)).toEqual(['0+1 hole', '1+2 written']);
    expect(after.files).toMatchObject([{ size: 3024, diskSize: 3024, promised: 0 }]);
    // What the last page holds behind the end is up to the path.
    expect(after.files[0]?.folios).toMatchObject([
      { dirty: false, blocks: expect.stringMatching(/^-uu/) as string },
    ]);
    expect(after.journal?.committed).toBeGreaterThan(before.journal?.committed ?? Infinity);
  },
);

test.each(typescriptTargets())(
  '$name: unwritten beyond the end after fallocate with keep-size',
  async (target) => {
    const picture = await pictureAfter(target, [
      { op: 'fallocate', handle: 'fd0', mode: 'keep-size', offset: 2048, length: 3072 },
    ]);
    expect(runs(picture)).toEqual(['0+2 hole', '2+3 unwritten']);
    expect(picture.files).toMatchObject([
      { size: 0, table: target.name === 'impl:iomap' ? 'ext4_iomap_aops' : 'ext4_da_aops' },
    ]);
  },
);

test('what a write finds is counted before it is written', async () => {
  const [target = expect.fail('no target')] = typescriptTargets();
  await pictureAfter(target, [
    write(0, 1024),
    write(0, 1024),
    { op: 'fallocate', handle: 'fd0', mode: 'allocate', offset: 4096, length: 1024 },
    write(4096, 10),
    { op: 'fsync', handle: 'fd0' },
    write(0, 3000),
  ]);
  expect(target.rangeStates?.()).toEqual({
    pwrite: { beyond: 1, delayed: 1, unwritten: 1, 'hole+written': 1 },
    'fallocate allocate': { beyond: 1 },
  });
});
