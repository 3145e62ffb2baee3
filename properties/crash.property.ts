import { expect, test } from 'vitest';
import { streamBytes } from '../harness/content.ts';
import { crashItem, type CrashPlan } from '../harness/crash/crash-plan.ts';
import { crashReport } from '../harness/crash/crash-report.ts';
import { recorded, searchStates, targetOf } from '../harness/crash/crash-search.ts';
import { CrashExamination } from '../harness/crash/examination.ts';
import { CRASH_MODES, durabilityModeOf, setupOf } from '../harness/crash/modes.ts';
import { shrinkCrash } from '../harness/crash/shrink-crash.ts';
import { DurabilityJudge, type Operation } from '../model/index.ts';
import { FOR_EVER, NEVER, withCrashJudges } from './crashing.fixture.ts';

const PLAN: CrashPlan = {
  seed: 20261130,
  modes: [
    'delalloc',
    'iomap',
    'dioread_lock',
    'nodelalloc',
    'journal',
    'iomap-fast_commit',
    'iomap-bigalloc',
  ],
  blockSizes: [4096, 1024],
  faults: [],
  statesPerProgram: 24,
  e2fsckEvery: 24,
  programs: 14,
};

test('what is recovered after a power cut is what was promised, in every mode', async () => {
  await withCrashJudges(async (context) => {
    let states = 0;
    for (let number = 0; number < PLAN.programs; number++) {
      const { program, seed, name } = crashItem(PLAN, number);
      const limits = { ...FOR_EVER, states: PLAN.statesPerProgram, e2fsckEvery: PLAN.e2fsckEvery };
      const { found, ...counts } = await searchStates(program, seed, context, limits);
      states += counts.states;
      expect(found === null ? '' : `${name}\n${await crashReport(found, context)}`).toBe('');
    }
    expect(states).toBeGreaterThan(PLAN.programs * 10);
  });
}, 240_000);

/** Which mode shows it, in how many programs, and how few operations are left. */
const PLANTED = [
  { fault: 'jbd2-commit-without-flush', mode: 'delalloc', programs: 6, most: 3 },
  // Seen by a direct write, which needs a descriptor of its own; the smallest known sequence has five operations.
  { fault: 'iomap-disk-size-is-size', mode: 'iomap', programs: 60, most: 7 },
  // A block changes hands: metadata goes, data takes its place, and the log still has the former.
  { fault: 'jbd2-skip-revoke', mode: 'iomap-fast_commit', programs: 200, most: 8 },
  // Two calls at once: what fsync promises while another call commits.
  { fault: 'full-commit-forgets-newer-changes', mode: 'iomap-fast_commit', programs: 120, most: 7 },
] as const;

test.each(PLANTED)(
  'the planted bug $fault is found, and shrunk to what a person can read',
  async ({ fault, mode, programs, most }) => {
    await withCrashJudges(async (context) => {
      const plan = { ...PLAN, modes: [mode], blockSizes: [4096] as const, faults: [fault] };
      for (let number = 0; number < programs; number++) {
        const { program, seed } = crashItem(plan, number);
        const { found } = await searchStates(program, seed, context, { ...FOR_EVER, states: 60 });
        if (found === null) continue;
        const small = await shrinkCrash(found, context, { ms: 40_000, states: 150 }, NEVER);
        expect(small.program.operations.length).toBeLessThanOrEqual(most);
        expect(await crashReport(small, context)).toMatch(/the power goes[^]*Writes when the power went/);
        return;
      }
      throw new Error(`nothing was found in ${programs} programs`);
    });
  },
  240_000,
);

/** Rule 4 of rules.ts: nobody else has changed since the sync, so that all of it is there when e2fsck has made the rest fit. */
const FSYNC_ALONE: readonly Operation[] = [
  { op: 'mkdir', path: 'd', mode: 0o755 },
  { op: 'sync' },
  { op: 'open', as: 'fd0', path: 'd/a', access: 'read-write', flags: { create: true }, mode: 0o600 },
  { op: 'pwrite', handle: 'fd0', offset: 0, content: { seed: 1, length: 5000 } },
  { op: 'setxattr', path: 'd/a', name: 'user.a', value: { seed: 2, length: 10 } },
  { op: 'fsync', handle: 'fd0' },
];

test.each(['nojournal', 'iomap-nojournal'])(
  'without a journal an fsync leaves the file, its name and its bytes: %s',
  async (name) => {
    const mode = CRASH_MODES.find((one) => one.name === name);
    if (mode === undefined) throw new Error(`there is no mode ${name}`);
    const setup = setupOf(mode, 1024);
    const program = { setup, target: mode.target, faults: [], operations: FSYNC_ALONE };
    await withCrashJudges(async (context) => {
      const run = await recorded(program, context);
      const examination = new CrashExamination(run, targetOf(program, context), context.judges);
      const after = run.marks.at(-1) ?? 0;
      const judge = new DurabilityJudge(run.history, durabilityModeOf(setup, mode.target), streamBytes);
      expect(judge.floor({ completed: FSYNC_ALONE.length })).toBe(FSYNC_ALONE.length);
      const lost = run.recording.volatileAt(after).map((write) => ({ write }));
      for (const cut of [
        { point: after, lost: [] },
        { point: after, lost },
      ])
        expect(await examination.judgeFully({ cut })).toBeNull();
    });
  },
  60_000,
);
