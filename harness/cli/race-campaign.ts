import { join } from 'node:path';
import pc from 'picocolors';
import { writeAtomically } from '../atomic-file.ts';
import { E2fsck } from '../e2fsck.ts';
import { ImageFiles } from '../image-file.ts';
import type { ImageJudges } from '../race/judge-image.ts';
import { RACE_FORMAT, RACE_VERSION, writeRaceCase } from '../race/race-case.ts';
import { raceItems, type RaceItem, type RacePlan } from '../race/race-plan.ts';
import { raceReport } from '../race/race-report.ts';
import { searchSchedules, type SearchResult } from '../race/race-search.ts';
import { operationsOf, shrinkRace, type FailingRace } from '../race/shrink-race.ts';
import type { RunFolder } from '../run-folder.ts';
import { typescriptTargets } from '../targets/typescript/target.ts';
import { interruptible } from './interrupt.ts';
import { grouped, plural, seconds } from './numbers.ts';
import { replayCommand } from './replay-command.ts';
import { StatusLine } from './status-line.ts';
import { EXIT, type Terminal } from './terminal.ts';

interface RaceView {
  readonly json: boolean;
  readonly seconds: number;
  readonly shrinkSeconds: number;
}

/** A failure as it was kept. */
interface Kept {
  readonly id: string;
  readonly caseFile: string;
  readonly race: string;
  readonly strategy: string;
  /** Schedules of its program that had been run by then. */
  readonly after: number;
  readonly operations: { readonly found: number; readonly shrunk: number };
  readonly preemptions: number;
  readonly detail: string;
  readonly report: string;
}

/** Programs of which so many failed are enough for one run. */
const KEPT_MAX = 8;

/** Schedules that shrinking tries for one candidate. */
const SHRINK_SCHEDULES = 2500;

/** One `twinpath race` as a person sees it. */
export class RaceCampaign {
  readonly #terminal: Terminal;
  readonly #view: RaceView;
  readonly #folder: RunFolder;
  readonly #workspace: string;
  readonly #wantsE2fsck: boolean;
  readonly #status: StatusLine;
  readonly #startedAt = performance.now();
  readonly #kept: Kept[] = [];
  #programs = 0;
  #complete = 0;
  #schedules = 0;
  #stories = 0;
  #images = 0;
  #undecided = 0;
  /** Microseconds of processor time of the searches. */
  #cpu = 0;

  constructor(
    terminal: Terminal,
    view: RaceView,
    folder: RunFolder,
    workspace: string,
    wantsE2fsck: boolean,
  ) {
    this.#terminal = terminal;
    this.#view = view;
    this.#folder = folder;
    this.#workspace = workspace;
    this.#wantsE2fsck = wantsE2fsck;
    this.#status = new StatusLine(terminal);
  }

  async go(plan: RacePlan): Promise<number> {
    const e2fsck = this.#wantsE2fsck ? await E2fsck.find() : null;
    const judges = { e2fsck, files: new ImageFiles(this.#workspace), targets: typescriptTargets() };
    try {
      const onFirst = (): void => this.#status.show('stopping… (Ctrl-C again to stop at once)');
      await interruptible((stop) => this.#runAll(plan, judges, stop), onFirst);
    } finally {
      await e2fsck?.close();
    }
    this.#status.clear();
    return this.#summary(plan);
  }

  async #runAll(plan: RacePlan, judges: ImageJudges, stop: AbortSignal): Promise<void> {
    const endsAt = this.#startedAt + this.#view.seconds * 1000;
    for (const item of raceItems(plan)) {
      if (stop.aborted || performance.now() >= endsAt || this.#kept.length >= KEPT_MAX) break;
      const limits = { schedules: plan.schedules, endsAt, stop };
      const before = process.cpuUsage();
      const result = await searchSchedules(item.program, item.source, judges, limits, (done) =>
        this.#status.show(`${item.name}: ${grouped(done)} schedules`),
      );
      const { user, system } = process.cpuUsage(before);
      this.#cpu += user + system;
      this.#count(result);
      for (const found of result.found) await this.#keep(item, found, result.schedules, judges);
    }
  }

  #count({ schedules, stories, images, undecided, complete }: SearchResult): void {
    this.#programs++;
    if (complete) this.#complete++;
    this.#schedules += schedules;
    this.#stories += stories;
    this.#images += images;
    this.#undecided += undecided;
  }

  /** On disk first as it was found, then smaller and smaller. */
  async #keep(item: RaceItem, found: FailingRace, after: number, judges: ImageJudges): Promise<void> {
    const id = `${String(this.#kept.length + 1).padStart(2, '0')}-${found.failure.kind}`;
    const folder = this.#folder.caseFolder(id);
    this.#status.clear();
    this.#terminal.err(`found ${id} in ${item.name}; making it smaller\n`);
    const save = (race: FailingRace, name: string): void =>
      writeAtomically(join(folder.path, name), caseText(race, `${item.name}, ${item.strategy}`));
    save(found, 'original.json');
    save(found, 'case.json');
    const limits = { ms: this.#view.shrinkSeconds * 1000, schedules: SHRINK_SCHEDULES };
    const small = await shrinkRace(found, judges, limits, (better) => {
      save(better, 'case.json');
      this.#status.show(`${plural(operationsOf(better.program), 'operation')} left`);
    });
    const report = await raceReport(small);
    writeAtomically(join(folder.path, 'failure.txt'), report);
    this.#kept.push({
      id,
      caseFile: folder.caseFile,
      race: item.name,
      strategy: item.strategy,
      after,
      operations: { found: operationsOf(found.program), shrunk: operationsOf(small.program) },
      preemptions: small.choices.filter((choice) => choice !== 0).length,
      detail: small.failure.detail,
      report,
    });
  }

  #summary(plan: RacePlan): number {
    const elapsedMs = performance.now() - this.#startedAt;
    const exitCode =
      this.#kept.length > 0
        ? EXIT.found
        : this.#schedules === 0 || this.#undecided > 0
          ? EXIT.impossible
          : EXIT.held;
    const result = {
      seed: plan.seed,
      programs: this.#programs,
      complete: this.#complete,
      schedules: this.#schedules,
      stories: this.#stories,
      images: this.#images,
      undecided: this.#undecided,
      schedulesPerCpuSecond: Math.round(this.#schedules / (this.#cpu / 1e6)),
      elapsedMs,
      exitCode,
      findings: this.#kept,
    };
    this.#folder.writeRun({ result });
    this.#terminal.out(this.#view.json ? `${JSON.stringify(result, null, 2)}\n` : this.#text(result));
    return exitCode;
  }

  #text(result: {
    readonly seed: number;
    readonly schedulesPerCpuSecond: number;
    readonly elapsedMs: number;
  }): string {
    const verdict =
      this.#kept.length > 0
        ? pc.bold(pc.red('FOUND'))
        : this.#schedules === 0
          ? pc.bold(pc.yellow('NOTHING'))
          : this.#undecided > 0
            ? pc.bold(pc.yellow('UNKNOWN'))
            : pc.bold(pc.green('HELD'));
    const findings = this.#kept.flatMap((kept) => [
      '',
      pc.bold(
        `${pc.red('✗')} ${kept.id}: ${kept.race}, ${kept.strategy}; from ${plural(kept.operations.found, 'operation')} to ${kept.operations.shrunk}`,
      ),
      ...kept.report
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`.trimEnd()),
      '',
      `  case    ${kept.caseFile}`,
      `  replay  ${replayCommand(kept.caseFile)}`,
    ]);
    return [
      `${verdict}  ${plural(this.#schedules, 'schedule')} of ${plural(this.#programs, 'program')}, ${grouped(this.#complete)} of them completely`,
      `          ${grouped(this.#stories)} different stories, ${grouped(this.#images)} different images`,
      ...(this.#undecided > 0
        ? [`          ${plural(this.#undecided, 'run')} had too many orders to be judged`]
        : []),
      ...(this.#wantsE2fsck ? [] : [pc.yellow('Images were NOT checked by e2fsck (--no-e2fsck).')]),
      ...findings,
      '',
      `time      ${seconds(result.elapsedMs)}: ${grouped(result.schedulesPerCpuSecond)} schedules per second of processor time`,
      `seed      ${result.seed}`,
      `results   ${this.#folder.path}`,
      '',
    ].join('\n');
  }
}

const caseText = ({ program, choices, failure }: FailingRace, note: string): string =>
  writeRaceCase({ format: RACE_FORMAT, version: RACE_VERSION, ...program, choices, failure, note });
