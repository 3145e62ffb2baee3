import { CRASH_MODES } from '../../crash/modes.ts';
import { crashItem } from '../../crash/crash-plan.ts';
import { searchStates } from '../../crash/crash-search.ts';
import { hasFeature } from '../../format.ts';
import { ImageFiles } from '../../image-file.ts';
import { raceItems } from '../../race/race-plan.ts';
import { RACE_MODES } from '../../race/modes.ts';
import { searchSchedules } from '../../race/race-search.ts';
import { UNWATCHED } from '../../race/race-watch.ts';
import { allTargets } from '../../targets/all.ts';
import { crashTargets } from '../../targets/typescript/crash-target.ts';
import type { Contest, Contestant, Lap, Scale, Suite } from '../contest.ts';
import { inStep } from './in-step.ts';
import { generating, modelAlone, SequenceSupply, targetAlone } from './sequences.ts';

/** A round of power cuts, or of schedules, has a program for so many sequences of the others. */
const SEQUENCES_PER_PROGRAM = 40;

const STATES_PER_PROGRAM = 60;
const SCHEDULES_PER_PROGRAM = 60;

const programsOf = ({ sequences }: Scale): number => Math.ceil(sequences / SEQUENCES_PER_PROGRAM);

/** What the tool itself can do in a second, part by part. */
export const HARNESS_SUITE: Suite = {
  name: 'harness',
  summary: 'the model alone, each path alone, all in step and stage by stage; power cuts, schedules, memory',
  contests: (scale) => [
    operationsContest(scale),
    crashContest(scale),
    raceContest(scale),
    memoryContest(scale),
  ],
};

function operationsContest({ seed, workspace, sequences }: Scale): Contest {
  return {
    name: 'operations',
    sizeBytes: null,
    unit: 'operations/s',
    enter() {
      const supply = new SequenceSupply(seed, sequences);
      return [
        generating(supply),
        modelAlone(supply),
        ...allTargets().map((target) => targetAlone(target, supply)),
        inStep(allTargets(), supply, workspace),
      ];
    },
  };
}

/** Power cuts without e2fsck: each state is recovered, looked at whole, and compared with what may be there. */
function crashContest(scale: Scale): Contest {
  return {
    name: 'crash states',
    sizeBytes: null,
    unit: 'operations/s',
    enter: () => [crashing(scale)],
  };
}

function crashing(scale: Scale): Contestant {
  const { seed, workspace } = scale;
  // Without a journal only e2fsck can say what may be found.
  const modes = CRASH_MODES.filter(({ choice }) => hasFeature(choice?.format, 'has_journal'));
  const plan = {
    seed,
    modes: modes.map(({ name }) => name),
    blockSizes: [1024, 4096] as const,
    faults: [],
    statesPerProgram: STATES_PER_PROGRAM,
    e2fsckEvery: 1,
    programs: Infinity,
  };
  const context = {
    targets: crashTargets(),
    judges: { e2fsck: null, files: new ImageFiles(workspace) },
    recorder: null,
    begins: () => undefined,
  };
  let next = 0;
  return {
    subject: 'twinpath',
    async round(): Promise<Lap[]> {
      const stop = new AbortController().signal;
      const limits = { states: STATES_PER_PROGRAM, e2fsckEvery: 1, endsAt: Infinity, stop };
      const before = performance.now();
      let states = 0;
      for (let count = 0; count < programsOf(scale); count++) {
        const { program, seed: own } = crashItem(plan, next++);
        states += (await searchStates(program, own, context, limits)).states;
      }
      return [{ workload: 'crash states', amount: states, ms: performance.now() - before }];
    },
  };
}

/** Interleavings of drawn programs, each judged by the order search over the model. */
function raceContest(scale: Scale): Contest {
  return {
    name: 'schedules',
    sizeBytes: null,
    unit: 'operations/s',
    enter: () => [racing(scale)],
  };
}

function racing(scale: Scale): Contestant {
  const { seed, workspace } = scale;
  const items = raceItems({
    seed,
    races: [],
    modes: RACE_MODES.map(({ name }) => name),
    blockSizes: [1024, 4096],
    faults: [],
    strategy: null,
    bound: 1,
    schedules: SCHEDULES_PER_PROGRAM,
    drawn: Number.MAX_SAFE_INTEGER,
  });
  const judges = { e2fsck: null, files: new ImageFiles(workspace), targets: allTargets() };
  return {
    subject: 'twinpath',
    async round(): Promise<Lap[]> {
      const stop = new AbortController().signal;
      const limits = { schedules: SCHEDULES_PER_PROGRAM, endsAt: Infinity, stop };
      const before = performance.now();
      let schedules = 0;
      for (let count = 0; count < programsOf(scale); count++) {
        const item = items.next();
        if (item.done === true) break;
        const { program, source } = item.value;
        const context = { judges, watch: UNWATCHED };
        schedules += (await searchSchedules(program, source, context, limits, () => undefined)).schedules;
      }
      return [{ workload: 'schedules', amount: schedules, ms: performance.now() - before }];
    },
  };
}

/** What the process holds after each round of sequences: it must not grow. */
function memoryContest({ seed, workspace, sequences }: Scale): Contest {
  return {
    name: 'memory',
    sizeBytes: null,
    unit: 'bytes',
    enter() {
      const running = inStep(allTargets(), new SequenceSupply(seed, sequences), workspace);
      return [
        {
          subject: 'twinpath',
          async round(): Promise<Lap[]> {
            await running.round();
            const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
            return Object.entries({
              'resident memory': rss,
              heap: heapUsed,
              'array buffers': arrayBuffers,
            }).map(([workload, amount]) => ({ workload, amount, ms: 0 }));
          },
        },
      ];
    },
  };
}
