import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_SETUP } from '../setup.ts';
import { openWorkspace, type Workspace } from '../workspace.ts';
import type { Contest, Lap } from './contest.ts';
import { measure } from './measure.ts';
import { performerKinds } from './growth/performer.ts';
import { SUITES } from './suites.ts';

let workspace: Workspace;
beforeAll(async () => (workspace = await openWorkspace()));
afterAll(() => workspace.remove());

const NEVER = new AbortController().signal;
const AT_ONCE = (): Promise<void> => Promise.resolve();

const FILE_BYTES = 1 << 20;

const contestsOf = (name: string): readonly Contest[] => {
  const scale = { fileBytes: FILE_BYTES, files: 40, sequences: 4, seed: 1, workspace: workspace.path };
  return SUITES.find((suite) => suite.name === name)?.contests(scale) ?? [];
};

/** Two rounds of everybody: the second finds what the first has left. */
async function lapsOf(contest: Contest): Promise<Map<string, readonly Lap[]>> {
  const laps = new Map<string, readonly Lap[]>();
  for (const one of await contest.enter()) {
    if (!('round' in one)) continue;
    const first = await one.round();
    const second = await one.round();
    expect(second.map(({ workload }) => workload).toSorted()).toEqual(
      first.map(({ workload }) => workload).toSorted(),
    );
    laps.set(one.subject, second);
    await one.close?.();
  }
  return laps;
}

test('every way to a file on both paths, and the limit beside each', async () => {
  const contests = contestsOf('paths');
  expect(contests.map(({ name }) => name)).toContain('buffered 1024');
  for (const contest of contests) {
    const laps = await lapsOf(contest);
    expect([...laps.keys()]).toEqual(['buffer_head', 'iomap', 'memcpy']);
    const [paths, limit] = [laps.get('iomap'), laps.get('memcpy')];
    expect(limit?.map(({ workload }) => workload)).toEqual(paths?.map(({ workload }) => workload));
    expect(paths?.every(({ amount }) => amount === FILE_BYTES)).toBe(true);
  }
});

test('files by the directory and by the tree, mounts, and a journal that is replayed', async () => {
  const workloads: string[] = [];
  for (const contest of contestsOf('metadata')) {
    for (const laps of (await lapsOf(contest)).values())
      workloads.push(...laps.map(({ workload }) => workload));
  }
  expect(workloads).toEqual([
    ...['create', 'stat', 'readdir', 'rename', 'unlink'].map((verb) => `${verb}, one directory`),
    ...['create', 'stat', 'readdir', 'rename', 'unlink'].map((verb) => `${verb}, tree`),
    ...['mkfs + mount + unmount', 'mkfs', 'mount', 'unmount'],
    'recovery of a full journal',
  ]);
});

test('whatever grows is grown, and the same is done beside little and beside much', async () => {
  const scale = { fileBytes: FILE_BYTES, files: 1_000, sequences: 4, seed: 1, workspace: workspace.path };
  const sizes = [
    ['after 1,000 operations'],
    ['100 files', '1,000 files'],
    ['1 MiB', '1 GiB', '1 TiB', '16 TiB'],
  ];
  const contests = SUITES.find(({ name }) => name === 'growth')?.contests(scale) ?? [];
  expect(contests).toHaveLength(sizes.length);
  for (const [number, contest] of contests.entries()) {
    const result = await measure('growth', contest, { repetitions: 1, warmUpMs: 0 }, NEVER, AT_ONCE);
    const measured = result?.measured ?? [];
    const workloads = new Set(measured.map(({ workload }) => workload));
    for (const { name } of performerKinds())
      expect([...workloads].filter((workload) => workload.endsWith(`, ${name}`))).not.toEqual([]);
    for (const workload of workloads) {
      const entries = measured.filter((one) => one.workload === workload);
      expect(entries.map(({ subject }) => subject)).toEqual(sizes[number]);
    }
  }
});

test('an operation of a benchmark that fails ends it', () => {
  for (const kind of performerKinds()) {
    const performer = kind.start(DEFAULT_SETUP);
    expect(() => performer.perform([{ op: 'rmdir', path: 'nothing' }])).toThrow('ENOENT');
    performer.close();
  }
});

test('the harness: drawing, the model, each path, all of them in step; power cuts and schedules', async () => {
  const [operations, ...others] = contestsOf('harness').filter(({ name }) => name !== 'memory');
  const laps = operations === undefined ? new Map() : await lapsOf(operations);
  expect([...laps.keys()]).toEqual([
    'generate',
    'model alone',
    'impl:buffer_head alone',
    'impl:iomap alone',
    'model + impl:buffer_head + impl:iomap',
  ]);
  for (const contest of others) {
    const [[only] = []] = (await lapsOf(contest)).values();
    expect(only?.amount).toBeGreaterThan(0);
  }
});

test('peers do the same work as both paths, or say why not', async () => {
  for (const contest of contestsOf('peers').filter(({ name }) => name !== 'buffered 1024')) {
    const laps = await lapsOf(contest);
    const ours = laps.get('iomap')?.map(({ workload, amount }) => [workload, amount]);
    expect(ours?.length).toBeGreaterThan(3);
    // What `npm ci` brings is here on every machine.
    expect([...laps.keys()]).toContainEqual(expect.stringMatching(/^ext2fs \d/));
    for (const [subject, theirs] of laps)
      for (const { workload, amount } of theirs)
        expect([subject, ours]).toEqual([subject, expect.arrayContaining([[workload, amount]])]);
  }
  for (const one of (await contestsOf('peers').at(-1)?.enter()) ?? []) {
    if ('reason' in one) expect(one.reason).not.toBe('');
    else await one.close?.();
  }
});
