import { join } from 'node:path';
import { writeAtomically } from '../atomic-file.ts';
import { ImageFiles } from '../image-file.ts';
import type { Message, RaceJob } from '../job.ts';
import {
  addTotals,
  caseId,
  caseText,
  FINDINGS_MAX,
  NO_RACES,
  SHRINK_SCHEDULES,
  type RaceFinding,
} from '../race/race-finding.ts';
import { raceItems, type RaceItem } from '../race/race-plan.ts';
import { tellRace } from '../race/race-report.ts';
import { searchSchedules } from '../race/race-search.ts';
import { ScheduleTape, type RaceContext } from '../race/race-watch.ts';
import { operationsOf, shrinkRace, type FailingRace } from '../race/shrink-race.ts';
import { RunFolder } from '../run-folder.ts';
import { typescriptTargets } from '../targets/typescript/target.ts';
import type { Workbench } from './workbench.ts';

/** What `Beat.step` says while a failure is made smaller. */
const SHRINKING = -1;

type Say = (message: Message) => void;

/** The job of `twinpath race`: item after item of a plan. */
export async function runRace(job: RaceJob, bench: Workbench, say: Say, stop: AbortSignal): Promise<void> {
  const run = new RaceRunner(job, bench, say);
  await run.go(stop);
}

/** An exhaustive search may end long before the last look, which tells that nothing was left out. */
const isOver = ({ isLast, source }: RaceItem): boolean => source.isExhausted && !isLast;

class RaceRunner {
  readonly #job: RaceJob;
  readonly #bench: Workbench;
  readonly #say: Say;
  readonly #tape: ScheduleTape;
  readonly #context: RaceContext;
  readonly #folder: RunFolder;
  /** Programs that failed: one failure of each is enough, so they are not looked at again. */
  readonly #failed: Set<string>;
  #totals = NO_RACES;
  #kept: number;
  #item = 0;
  #name = '';
  #isFirst = true;
  #step = 0;

  constructor(job: RaceJob, bench: Workbench, say: Say) {
    this.#job = job;
    this.#bench = bench;
    this.#say = say;
    this.#kept = job.failed.length;
    this.#failed = new Set(job.failed);
    this.#tape = new ScheduleTape(job.tape);
    this.#folder = RunFolder.at(job.runFolder);
    const judges = {
      e2fsck: bench.e2fsck,
      files: new ImageFiles(job.workspace),
      targets: typescriptTargets(),
    };
    const watch = {
      begins: (program: FailingRace['program']) =>
        say({ type: 'racing', name: this.#name, isFirst: this.#isFirst, program }),
      tries: () => {
        this.#tape.clear();
        if (this.#step !== SHRINKING) this.#step++;
        this.#beat();
      },
      chose: (choice: number) => this.#tape.add(choice),
      beats: () => this.#beat(),
    };
    this.#context = { judges, watch };
  }

  async go(stop: AbortSignal): Promise<void> {
    const { plan, from, durationMs } = this.#job;
    const endsAt = performance.now() + durationMs;
    let number = -1;
    for (const item of raceItems(plan)) {
      if (++number < from || this.#failed.has(item.name) || isOver(item)) continue;
      if (stop.aborted || performance.now() >= endsAt || this.#kept >= FINDINGS_MAX) break;
      this.#item = number;
      this.#name = item.name;
      this.#isFirst = item.isFirst;
      this.#step = 0;
      await this.#search(item, { schedules: item.schedules, endsAt, stop });
    }
    this.#say({ type: 'raced', totals: this.#totals });
  }

  #beat(): void {
    this.#bench.beat(this.#item, this.#step);
  }

  async #search(item: RaceItem, limits: Parameters<typeof searchSchedules>[3]): Promise<void> {
    const before = process.cpuUsage();
    const tell = (schedules: number): void => {
      const totals = { ...this.#totals, schedules: this.#totals.schedules + schedules };
      this.#say({ type: 'race progress', name: item.name, totals });
    };
    const { found, ...counts } = await searchSchedules(
      item.program,
      item.source,
      this.#context,
      limits,
      tell,
    );
    const { user, system } = process.cpuUsage(before);
    const { isFirst, isLast, strategy, source } = item;
    const isComplete = isLast && strategy === 'exhaustive' && source.isExhausted;
    const done = { ...counts, programs: isFirst ? 1 : 0, complete: isComplete ? 1 : 0, cpu: user + system };
    this.#totals = addTotals(this.#totals, done);
    this.#step = SHRINKING;
    for (const one of found) await this.#keep(item, one, counts.schedules);
  }

  /** On disk first as it was found, then smaller and smaller. */
  async #keep({ name, strategy }: RaceItem, found: FailingRace, after: number): Promise<void> {
    const id = caseId(++this.#kept, found.failure.kind);
    this.#failed.add(name);
    const folder = this.#folder.caseFolder(id);
    const note = `${name}, ${strategy}`;
    writeAtomically(join(folder.path, 'original.json'), caseText(found, note));
    writeAtomically(folder.caseFile, caseText(found, note));
    const tell = (race: FailingRace, report: string): void => {
      const finding: RaceFinding = {
        id,
        caseFile: folder.caseFile,
        race: name,
        strategy,
        after,
        operations: { found: operationsOf(found.program), shrunk: operationsOf(race.program) },
        preemptions: race.choices.filter((choice) => choice !== 0).length,
        detail: race.failure.detail,
        report,
      };
      this.#say({ type: 'race found', finding });
    };
    tell(found, '');
    const limits = { ms: this.#job.shrinkMs, schedules: SHRINK_SCHEDULES };
    const small = await shrinkRace(found, this.#context, limits, (better) => {
      writeAtomically(folder.caseFile, caseText(better, note));
      this.#say({ type: 'race shrinking', operations: operationsOf(better.program) });
    });
    const { report, story } = await tellRace(small, this.#context.watch);
    folder.saveStory(story);
    writeAtomically(join(folder.path, 'failure.txt'), report);
    tell(small, report);
  }
}
