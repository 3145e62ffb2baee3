import { join } from 'node:path';
import pc from 'picocolors';
import { writeAtomically } from '../atomic-file.ts';
import type { Message } from '../job.ts';
import type { RaceFailure } from '../race/judge-run.ts';
import type { RaceProgram } from '../race/program.ts';
import {
  addTotals,
  caseId,
  caseText,
  FINDINGS_MAX,
  NO_RACES,
  type RaceFinding,
} from '../race/race-finding.ts';
import { trimmed } from '../race/race-case.ts';
import type { RacePlan } from '../race/race-plan.ts';
import { reportOf } from '../race/race-report.ts';
import { raceStory } from '../race/race-story.ts';
import { ScheduleTape } from '../race/race-watch.ts';
import { shrinkStuckRace, storyOfStuck } from '../race/stuck-race.ts';
import { operationsOf } from '../race/shrink-race.ts';
import type { RunFolder } from '../run-folder.ts';
import { supervise, type Ending } from '../supervise.ts';
import { interruptible, STOPPING } from './interrupt.ts';
import { grouped, plural, seconds } from './numbers.ts';
import type { RunEnd } from '../run-record.ts';
import { raceFindingRecord } from './run-records.ts';
import { relay, type Lost } from './relay.ts';
import { replayCommand } from './case-commands.ts';
import { StatusLine } from './status-line.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { timeLeft } from './time-left.ts';

interface RaceView {
  readonly json: boolean;
  readonly seconds: number;
  readonly shrinkSeconds: number;
  readonly hangSeconds: number;
  readonly memoryMb: number;
}

/** What `Beat.step` is while a thread makes a failure smaller, which is on disk already. */
const SHRINKING = -1;

/** One `twinpath race` as a person sees it. A thread that hangs or dies is replaced, and the campaign goes on. */
export class RaceCampaign {
  readonly #terminal: Terminal;
  readonly #view: RaceView;
  readonly #folder: RunFolder;
  readonly #workspace: string;
  readonly #wantsE2fsck: boolean;
  readonly #status: StatusLine;
  readonly #startedAt = performance.now();
  readonly #tape = new ScheduleTape();
  readonly #kept = new Map<string, RaceFinding>();
  /** Of the threads that are over, and of the one that runs. */
  #before = NO_RACES;
  #now = NO_RACES;
  /** What the thread has begun to run. */
  #racing: { readonly name: string; readonly isFirst: boolean; readonly program: RaceProgram } | null = null;
  #interrupted = false;

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

  async go(plan: RacePlan): Promise<RunEnd & { readonly exitCode: number }> {
    const onFirst = (): void => {
      this.#interrupted = true;
      this.#status.show(STOPPING, true);
    };
    await interruptible(async (stop) => {
      await relay(
        { from: 0, to: Infinity, stop },
        async (from) => {
          const ending = await this.#thread(plan, from, stop);
          this.#before = addTotals(this.#before, this.#now);
          this.#now = NO_RACES;
          return ending;
        },
        (from, ending) => this.#lost(from, ending, stop),
      );
    }, onFirst);
    this.#status.clear();
    return this.#summary(plan);
  }

  #thread(plan: RacePlan, from: number, stop: AbortSignal): Promise<Ending> {
    const { seconds: allowed, shrinkSeconds, hangSeconds, memoryMb } = this.#view;
    const durationMs = Math.max(0, allowed * 1000 - (performance.now() - this.#startedAt));
    return supervise(
      {
        verb: 'race',
        plan,
        from,
        failed: [...this.#kept.values()].map(({ race }) => race),
        durationMs,
        shrinkMs: shrinkSeconds * 1000,
        runFolder: this.#folder.path,
        tape: this.#tape.memory,
        workspace: this.#workspace,
        e2fsck: this.#wantsE2fsck,
      },
      {
        hangMs: hangSeconds * 1000,
        memoryMaxBytes: memoryMb * 2 ** 20,
        stop,
        onMessage: (message) => this.#hear(message),
      },
    );
  }

  #hear(message: Message): void {
    switch (message.type) {
      case 'racing':
        this.#racing = message;
        break;
      case 'race progress':
        this.#now = message.totals;
        this.#status.show(
          progressText(
            message.name,
            this.#before.schedules + message.totals.schedules,
            this.#startedAt,
            this.#view,
          ),
        );
        break;
      case 'raced':
        this.#now = message.totals;
        break;
      case 'race found':
        this.#note(message.finding);
        break;
      case 'race shrinking':
        this.#status.show(`${plural(message.operations, 'operation')} left`);
        break;
      default:
        break;
    }
  }

  #note(finding: RaceFinding): void {
    const isNew = !this.#kept.has(finding.id);
    this.#kept.set(finding.id, finding);
    if (!isNew) return;
    this.#status.clear();
    this.#terminal.err(
      `found ${finding.id} in ${finding.race}; making it smaller\nsaved ${finding.caseFile}\n`,
    );
  }

  /** The thread is gone in the middle of a schedule, which its tape has; answers the item to go on with. */
  async #lost(from: number, { beat, ...ending }: Lost, stop: AbortSignal): Promise<number> {
    const next = Math.max(from, beat.sequence) + 1;
    if (beat.step === SHRINKING) {
      this.#terminal.err(
        'shrinking ended early: a candidate hung or died; the smallest case so far is kept\n',
      );
      return next;
    }
    const racing = this.#racing;
    if (racing === null)
      throw new Error(`the thread ended before it ran anything: ${wordsOf(ending, this.#view)}`);
    this.#before = addTotals(this.#before, { ...NO_RACES, programs: racing.isFirst ? 1 : 0 });
    const failure: RaceFailure = {
      kind: ending.kind,
      detail: ending.kind === 'hang' ? 'no answer' : 'the thread died',
      words: wordsOf(ending, this.#view),
    };
    const found = { program: racing.program, choices: trimmed(this.#tape.choices), failure };
    await this.#keepStuck(racing.name, found, beat.step, stop);
    return this.#kept.size >= FINDINGS_MAX ? Infinity : next;
  }

  async #keepStuck(
    name: string,
    found: Parameters<typeof caseText>[0],
    after: number,
    stop: AbortSignal,
  ): Promise<void> {
    const id = caseId(this.#kept.size + 1, found.failure.kind);
    const folder = this.#folder.caseFolder(id);
    const finding = (race: typeof found, report: string): RaceFinding => ({
      id,
      caseFile: folder.caseFile,
      race: name,
      strategy: 'in a thread of its own',
      after,
      operations: { found: operationsOf(found.program), shrunk: operationsOf(race.program) },
      preemptions: race.choices.filter((choice) => choice !== 0).length,
      detail: race.failure.detail,
      report,
    });
    writeAtomically(join(folder.path, 'original.json'), caseText(found, name));
    writeAtomically(folder.caseFile, caseText(found, name));
    this.#note(finding(found, ''));
    const { shrinkSeconds, hangSeconds } = this.#view;
    const options = {
      workspace: this.#workspace,
      stop,
      budgetMs: shrinkSeconds * 1000,
      hangMs: hangSeconds * 1000,
    };
    const small = await shrinkStuckRace(found, options, (better) => {
      writeAtomically(folder.caseFile, caseText(better, name));
      this.#status.show(`${plural(operationsOf(better.program), 'operation')} left`);
    });
    const preemptions = small.choices.filter(Boolean).length;
    const told = await storyOfStuck(small, options);
    folder.saveStory(raceStory(small, [{ name: '', lines: told.split('\n') }], preemptions));
    const report = reportOf(small, told, preemptions);
    writeAtomically(join(folder.path, 'failure.txt'), report);
    this.#note(finding(small, report));
  }

  #summary(plan: RacePlan): RunEnd & { readonly exitCode: number } {
    const elapsedMs = performance.now() - this.#startedAt;
    const { cpu, ...counts } = this.#before;
    const findings = [...this.#kept.values()];
    const result = {
      seed: plan.seed,
      ...counts,
      schedulesPerCpuSecond: cpu === 0 ? 0 : Math.round(counts.schedules / (cpu / 1e6)),
      elapsedMs,
      exitCode: this.#exitCode(),
      findings,
    };
    this.#terminal.out(this.#view.json ? `${JSON.stringify(result, null, 2)}\n` : this.#text(result));
    const { exitCode } = result;
    return {
      outcome: this.#outcome(),
      exitCode,
      elapsedMs,
      counts,
      unknown: counts.undecided > 0 ? { 'too many orders to be judged': counts.undecided } : {},
      notes: this.#wantsE2fsck ? [] : ['Images were not checked by e2fsck.'],
      findings: findings.map(raceFindingRecord),
    };
  }

  #outcome(): RunEnd['outcome'] {
    if (this.#kept.size > 0) return 'found';
    if (this.#interrupted) return 'interrupted';
    if (this.#before.schedules === 0) return 'nothing';
    return this.#before.undecided > 0 ? 'unknown' : 'held';
  }

  #exitCode(): number {
    if (this.#kept.size > 0) return EXIT.found;
    if (this.#interrupted) return EXIT.interrupted;
    const { schedules, undecided } = this.#before;
    return schedules === 0 || undecided > 0 ? EXIT.impossible : EXIT.held;
  }

  #text(result: {
    readonly seed: number;
    readonly schedulesPerCpuSecond: number;
    readonly elapsedMs: number;
  }): string {
    const { schedules, programs, complete, stories, images, undecided } = this.#before;
    const findings = [...this.#kept.values()].flatMap((kept) => [
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
      `${this.#verdict()}  ${plural(schedules, 'schedule')} of ${plural(programs, 'program')}, ${grouped(complete)} of them completely`,
      `          ${grouped(stories)} different stories, ${grouped(images)} different images`,
      ...(undecided > 0 ? [`          ${plural(undecided, 'run')} had too many orders to be judged`] : []),
      ...(this.#wantsE2fsck ? [] : [pc.yellow('Images were NOT checked by e2fsck (--no-e2fsck).')]),
      ...findings,
      '',
      `time      ${seconds(result.elapsedMs)}: ${grouped(result.schedulesPerCpuSecond)} schedules per second of processor time`,
      `seed      ${result.seed}`,
      `results   ${this.#folder.path}`,
      '',
    ].join('\n');
  }

  #verdict(): string {
    if (this.#kept.size > 0) return pc.bold(pc.red('FOUND'));
    if (this.#before.schedules === 0) return pc.bold(pc.yellow('NOTHING'));
    return this.#before.undecided > 0 ? pc.bold(pc.yellow('UNKNOWN')) : pc.bold(pc.green('HELD'));
  }
}

function progressText(
  name: string,
  schedules: number,
  startedAt: number,
  { seconds: allowed }: RaceView,
): string {
  const elapsedMs = performance.now() - startedAt;
  const rate = grouped((schedules / elapsedMs) * 1000);
  const left = timeLeft({ elapsedMs, durationMs: allowed * 1000, done: schedules, doneMax: null });
  return `${name}: ${grouped(schedules)} schedules in all (${rate}/s)${left}`;
}

const wordsOf = (ending: Omit<Lost, 'beat'> & { readonly message?: string }, view: RaceView): string =>
  ending.kind === 'hang'
    ? `no answer for ${view.hangSeconds} s: a task loops without ever sleeping, so nobody else can run`
    : `the thread died: ${ending.message ?? ''}`;
