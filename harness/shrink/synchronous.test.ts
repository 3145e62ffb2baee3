import { expect, test } from 'vitest';
import type { Operation } from '../../model/index.ts';
import { Search } from './search.ts';
import { foldSyncs } from './synchronous.ts';

const open = (as: `fd${number}`, sync?: true): Operation => ({
  op: 'open',
  as,
  path: as,
  access: 'read-write',
  flags: { create: true, ...(sync && { sync }) },
  mode: 0o644,
});

const write = (handle: `fd${number}`, dsync?: true): Operation => ({
  op: 'pwrite',
  handle,
  offset: 0,
  content: { seed: 1, length: 1 },
  ...(dsync && { rwf: ['dsync'] }),
});

const fsync = (handle: `fd${number}`): Operation => ({ op: 'fsync', handle });

const folded = async (
  operations: readonly Operation[],
  fails: (candidate: readonly Operation[]) => boolean,
): Promise<readonly Operation[]> => {
  const stillFails = (candidate: readonly Operation[]): Promise<boolean> => Promise.resolve(fails(candidate));
  const search = new Search(operations, stillFails, { budgetRuns: 100, budgetMs: 30_000 });
  await foldSyncs(search);
  return search.current;
};

test('one open with O_SYNC stands for all that bring to the disk what is written through it', async () => {
  const operations = [open('fd0'), open('fd1'), write('fd1'), fsync('fd1'), write('fd1'), fsync('fd1')];
  const smaller = await folded(operations, () => true);
  expect(smaller).toEqual([open('fd0'), open('fd1', true), write('fd1'), write('fd1')]);
});

test('where one write must not be synchronous, another becomes so by itself', async () => {
  const operations = [open('fd0'), write('fd0'), write('fd0'), write('fd1'), fsync('fd0')];
  const smaller = await folded(
    operations,
    ([first]) => JSON.stringify(first) === JSON.stringify(open('fd0')),
  );
  expect(smaller).toEqual([open('fd0'), write('fd0'), write('fd0', true), write('fd1')]);
});

test('what brings everything to the disk goes into the write before it; with no write before it, it stays', async () => {
  const sync: Operation = { op: 'sync' };
  expect(await folded([write('fd0'), sync], () => true)).toEqual([write('fd0', true)]);
  expect(await folded([sync, write('fd0')], () => true)).toEqual([sync, write('fd0')]);
});
