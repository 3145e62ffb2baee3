import { join } from 'node:path';
import pc from 'picocolors';
import { writeAtomically } from '../atomic-file.ts';
import type { CrashFailure } from '../crash/crash-failure.ts';
import {
  addCrashes,
  CRASH_FINDINGS_MAX,
  crashCaseText,
  NO_CRASHES,
  type CrashFinding,
} from '../crash/crash-finding.ts';
import { crashItem, type CrashPlan } from '../crash/crash-plan.ts';
import { lostIn } from '../crash/power-cut.ts';
import { StateTape } from '../crash/state-tape.ts';
import type { Message } from '../job.ts';
import { caseId } from '../race/race-finding.ts';
import type { RunFolder } from '../run-folder.ts';
import type { RunEnd } from '../run-record.ts';
import { supervise, type Ending } from '../supervise.ts';
import { interruptible, STOPPING } from './interrupt.ts';
import { grouped, plural, seconds } from './numbers.ts';
import { relay, type Lost } from './relay.ts';
import { replayCommand } from './case-commands.ts';
import { crashFindingRecord } from './run-records.ts';
import { StatusLine } from './status-line.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { timeLeft } from './time-left.ts';

interface CrashView {
  readonly json: boolean;
  readonly seconds: number;
  readonly states: number;
  readonly shrinkSeconds: number;
  readonly hangSeconds: number;
  readonly memoryMb: number;
}

/** What `Beat.step` is while a thread makes a failure smaller, which is on disk already. */
const SHRINKING = -1;

/** One `twinpath crash` as a person sees it. A thread that hangs or dies is replaced, and the campaign goes on. */
export class CrashCampaign {
  readonly #terminal: Terminal;
  readonly #view: CrashView;
  readonly #folder: RunFolder;
  readonly #workspace: string;
  readonly #wantsE2fsck: boolean;
  readonly #status: StatusLine;
  readonly #startedAt = performance.now();
  readonly #tape = new StateTape();
  readonly #kept = new Map<string, CrashFinding>();
  /** Of the threads that are over, and of the one that runs. */
  #before = NO_CRASHES;
  #now = NO_CRASHES;
  #interrupted = false;

  constructor(
    terminal: Terminal,
    view: CrashView,
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

  async go(plan: CrashPlan): Promise<RunEnd & { readonly exitCode: number }> {
    const onFirst = (): void => {
      this.#interrupted = true;
      this.#status.show(STOPPING, true);
    };
    await interruptible(async (stop) => {
      await relay(
        { from: 0, to: Infinity, stop },
        async (from) => {
          const ending = await this.#thread(plan, from, stop);
          this.#before = addCrashes(this.#before, this.#now);
          this.#now = NO_CRASHES;
          return ending;
        },
        (from, ending) => this.#lost(plan, from, ending),
      );
    }, onFirst);
    this.#status.clear();
    return this.#summary(plan);
  }

  #thread(plan: CrashPlan, from: number, stop: AbortSignal): Promise<Ending> {
    const { seconds: allowed, states, shrinkSeconds, hangSeconds, memoryMb } = this.#view;
    return supervise(
      {
        verb: 'crash',
        plan,
        from,
        kept: this.#kept.size,
        durationMs: Math.max(0, allowed * 1000 - (performance.now() - this.#startedAt)),
        states: Math.max(0, states - this.#before.states),
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
      case 'crash progress':
        this.#now = message.totals;
        this.#status.show(
          progressText(
            message.name,
            this.#before.states + message.totals.states,
            this.#startedAt,
            this.#view,
          ),
        );
        break;
      case 'crashed':
        this.#now = message.totals;
        break;
      case 'crash found':
        this.#note(message.finding);
        break;
      case 'crash shrinking':
        this.#status.show(`${plural(message.operations, 'operation')} left`);
        break;
      default:
        break;
    }
  }

  #note(finding: CrashFinding): void {
    const isNew = !this.#kept.has(finding.id);
    this.#kept.set(finding.id, finding);
    if (!isNew) return;
    this.#status.clear();
    this.#terminal.err(
      `found ${finding.id} in ${finding.item}; making it smaller\nsaved ${finding.caseFile}\n`,
    );
  }

  /** The thread is gone in the middle of a state, which its tape has; answers the program to go on with. */
  #lost(plan: CrashPlan, from: number, { beat, ...ending }: Lost): number {
    const next = Math.max(from, beat.sequence) + 1;
    if (beat.step === SHRINKING) {
      this.#terminal.err(
        'shrinking ended early: a candidate hung or died; the smallest case so far is kept\n',
      );
      return next;
    }
    const words = wordsOf(ending, this.#view);
    if (beat.sequence < 0) throw new Error(`the thread ended before it ran anything: ${words}`);
    const { program } = crashItem(plan, beat.sequence);
    const detail = ending.kind === 'hang' ? 'no answer' : 'the thread died';
    const failure: CrashFailure = { kind: ending.kind, detail, words };
    const id = caseId(this.#kept.size + 1, failure.kind);
    const folder = this.#folder.caseFolder(id);
    const { state } = this.#tape;
    writeAtomically(folder.caseFile, crashCaseText({ program, state, failure }, `program ${next - 1}`));
    writeAtomically(join(folder.path, 'failure.txt'), `${words}\n`);
    const count = program.operations.length;
    this.#note({
      id,
      caseFile: folder.caseFile,
      item: `program ${next - 1}`,
      after: this.#before.states,
      operations: { found: count, shrunk: count },
      lost: state === null ? 0 : lostIn(state),
      detail,
      report: `${failure.kind}: ${words}\n`,
    });
    return this.#kept.size >= CRASH_FINDINGS_MAX ? Infinity : next;
  }

  #summary(plan: CrashPlan): RunEnd & { readonly exitCode: number } {
    const elapsedMs = performance.now() - this.#startedAt;
    const { cpu, ...counts } = this.#before;
    const result = {
      seed: plan.seed,
      ...counts,
      statesPerCpuSecond: cpu === 0 ? 0 : Math.round(counts.states / (cpu / 1e6)),
      elapsedMs,
      exitCode: this.#exitCode(),
      findings: [...this.#kept.values()],
    };
    this.#terminal.out(this.#view.json ? `${JSON.stringify(result, null, 2)}\n` : this.#text(result));
    return {
      outcome: this.#outcome(),
      exitCode: result.exitCode,
      elapsedMs,
      counts,
      notes: this.#wantsE2fsck ? [] : ['Images were not checked by e2fsck.'],
      findings: result.findings.map(crashFindingRecord),
    };
  }

  #outcome(): RunEnd['outcome'] {
    if (this.#kept.size > 0) return 'found';
    if (this.#interrupted) return 'interrupted';
    return this.#before.states === 0 ? 'nothing' : 'held';
  }

  #exitCode(): number {
    if (this.#kept.size > 0) return EXIT.found;
    if (this.#interrupted) return EXIT.interrupted;
    return this.#before.states === 0 ? EXIT.impossible : EXIT.held;
  }

  #text(result: {
    readonly seed: number;
    readonly statesPerCpuSecond: number;
    readonly elapsedMs: number;
  }): string {
    const { states, programs, operations, checked, twice } = this.#before;
    const findings = [...this.#kept.values()].flatMap((kept) => [
      '',
      pc.bold(
        `${pc.red('✗')} ${kept.id}: ${kept.item}; from ${plural(kept.operations.found, 'operation')} to ${kept.operations.shrunk}`,
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
      `${this.#verdict()}  ${plural(states, 'state')} after power cuts in ${plural(programs, 'program')} of ${plural(operations, 'operation')}`,
      `          ${grouped(checked)} of them recovered by e2fsck, too; ${grouped(twice)} cut again while they were recovered`,
      ...(this.#wantsE2fsck ? [] : [pc.yellow('Images were NOT checked by e2fsck (--no-e2fsck).')]),
      ...findings,
      '',
      `time      ${seconds(result.elapsedMs)}: ${grouped(result.statesPerCpuSecond)} states per second of processor time`,
      `seed      ${result.seed}`,
      `results   ${this.#folder.path}`,
      '',
    ].join('\n');
  }

  #verdict(): string {
    if (this.#kept.size > 0) return pc.bold(pc.red('FOUND'));
    return this.#before.states === 0 ? pc.bold(pc.yellow('NOTHING')) : pc.bold(pc.green('HELD'));
  }
}

function progressText(name: string, states: number, startedAt: number, view: CrashView): string {
  const elapsedMs = performance.now() - startedAt;
  const rate = grouped((states / elapsedMs) * 1000);
  const left = timeLeft({ elapsedMs, durationMs: view.seconds * 1000, done: states, doneMax: view.states });
  return `${name}: ${plural(states, 'state')} in all (${rate}/s)${left}`;
}

const wordsOf = (ending: Omit<Lost, 'beat'> & { readonly message?: string }, view: CrashView): string =>
  ending.kind === 'hang' ? `no answer for ${view.hangSeconds} s` : `the thread died: ${ending.message ?? ''}`;
