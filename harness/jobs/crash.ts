import { join } from 'node:path';
import { writeAtomically } from '../atomic-file.ts';
import {
  addCrashes,
  CRASH_FINDINGS_MAX,
  crashCaseText,
  NO_CRASHES,
  type CrashFinding,
} from '../crash/crash-finding.ts';
import { crashItem, type CrashItem } from '../crash/crash-plan.ts';
import { tellCrash } from '../crash/crash-report.ts';
import {
  searchStates,
  type CrashContext,
  type CrashLimits,
  type FailingCrash,
} from '../crash/crash-search.ts';
import { lostIn } from '../crash/power-cut.ts';
import { shrinkCrash } from '../crash/shrink-crash.ts';
import { StateTape } from '../crash/state-tape.ts';
import type { CrashJob, Message } from '../job.ts';
import { caseId } from '../race/race-finding.ts';
import { RunFolder } from '../run-folder.ts';
import { withParticipants, type CrashParticipants } from './crash-participants.ts';
import type { Workbench } from './workbench.ts';

/** What `Beat.step` says while a failure is made smaller. */
const SHRINKING = -1;

/** States that shrinking tries for one candidate. */
export const SHRINK_STATES = 400;

const PROGRESS_EVERY_MS = 200;

type Say = (message: Message) => void;

/** The job of `twinpath crash`: program after program of a plan. */
export async function runCrash(job: CrashJob, bench: Workbench, say: Say, stop: AbortSignal): Promise<void> {
  await withParticipants(job.plan, job.workspace, bench, (participants) =>
    new CrashRunner(job, bench, participants, say).go(stop),
  );
}

class CrashRunner {
  readonly #job: CrashJob;
  readonly #say: Say;
  readonly #context: CrashContext;
  readonly #folder: RunFolder;
  #totals = NO_CRASHES;
  #kept: number;
  #item = 0;
  #step = 0;
  #toldAt = 0;

  constructor(job: CrashJob, bench: Workbench, participants: CrashParticipants, say: Say) {
    this.#job = job;
    this.#say = say;
    this.#kept = job.kept;
    this.#folder = RunFolder.at(job.runFolder);
    const tape = new StateTape(job.tape);
    this.#context = {
      ...participants,
      begins: (_, state) => {
        if (this.#step !== SHRINKING) this.#step++;
        bench.beat(this.#item, this.#step);
        tape.write(state);
      },
    };
  }

  async go(stop: AbortSignal): Promise<void> {
    const { plan, from, durationMs, states } = this.#job;
    const endsAt = performance.now() + durationMs;
    for (let number = from; number < plan.programs; number++) {
      const left = states - this.#totals.states;
      if (stop.aborted || performance.now() >= endsAt || this.#kept >= CRASH_FINDINGS_MAX || left <= 0) break;
      this.#item = number;
      this.#step = 0;
      const item = crashItem(plan, number);
      const limits = { states: Math.min(left, item.states), e2fsckEvery: plan.e2fsckEvery, endsAt, stop };
      await this.#search(item, limits);
    }
    this.#say({ type: 'crashed', totals: this.#totals });
  }

  async #search(item: CrashItem, limits: CrashLimits): Promise<void> {
    const before = process.cpuUsage();
    const { found, ...counts } = await searchStates(item.program, item.seed, this.#context, limits);
    const { user, system } = process.cpuUsage(before);
    const { operations } = item.program;
    const done = { ...counts, programs: 1, operations: operations.length, cpu: user + system };
    this.#totals = addCrashes(this.#totals, done);
    this.#note(item, counts.states, found);
    const now = performance.now();
    if (now - this.#toldAt > PROGRESS_EVERY_MS) {
      this.#toldAt = now;
      this.#say({ type: 'crash progress', name: item.name, totals: this.#totals });
    }
    if (found !== null) await this.#keep(item, found);
  }

  /** What was examined, for whoever wants to know what a run did. */
  #note({ name, seed, program }: CrashItem, states: number, found: FailingCrash | null): void {
    const failure = found === null ? null : `${found.failure.kind}: ${found.failure.detail}`;
    this.#folder.appendHistory({ item: name, seed, operations: program.operations.length, states, failure });
  }

  /** On disk first as it was found, then smaller and smaller. */
  async #keep({ name }: CrashItem, found: FailingCrash): Promise<void> {
    this.#step = SHRINKING;
    const id = caseId(++this.#kept, found.failure.kind.replaceAll(' ', '-'));
    const folder = this.#folder.caseFolder(id);
    writeAtomically(join(folder.path, 'original.json'), crashCaseText(found, name));
    writeAtomically(folder.caseFile, crashCaseText(found, name));
    const tell = (crash: FailingCrash, report: string): void => {
      const finding: CrashFinding = {
        id,
        caseFile: folder.caseFile,
        item: name,
        after: this.#totals.states,
        operations: { found: found.program.operations.length, shrunk: crash.program.operations.length },
        lost: crash.state === null ? 0 : lostIn(crash.state),
        detail: crash.failure.detail,
        report,
      };
      this.#say({ type: 'crash found', finding });
    };
    tell(found, '');
    const limits = { ms: this.#job.shrinkMs, states: SHRINK_STATES };
    const small = await shrinkCrash(found, this.#context, limits, (better) => {
      writeAtomically(folder.caseFile, crashCaseText(better, name));
      this.#say({ type: 'crash shrinking', operations: better.program.operations.length });
    });
    const { report, story } = await tellCrash(small, this.#context);
    folder.saveStory(story);
    writeAtomically(join(folder.path, 'failure.txt'), report);
    tell(small, report);
  }
}
