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

test('a root whose changes are waited for stands for all calls that commit them, or for all but the last', async () => {
  const make: Operation = { op: 'mkdir', path: 'd', mode: 0o755 };
  const take: Operation = { op: 'rmdir', path: 'd' };
  const dirsync: Operation = {
    op: 'chattr',
    path: '.',
    immutable: false,
    append: false,
    dirsync: true,
  };
  const sync: Operation = { op: 'sync' };
  expect(await folded([make, sync, take, sync], () => true)).toEqual([dirsync, make, take]);
  const endsWithSync = (candidate: readonly Operation[]): boolean => candidate.at(-1)?.op === 'sync';
  expect(await folded([make, sync, take, sync, sync], endsWithSync)).toEqual([dirsync, make, take, sync]);
  // One flag in place of one call is no less to read.
  expect(await folded([make, sync], () => true)).toEqual([make, sync]);
});
