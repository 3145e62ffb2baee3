import pc from 'picocolors';
import type { Progress } from '../campaign.ts';
import type { Case } from '../case.ts';
import { failureReport } from '../failure-report.ts';
import { blameHang, caseOfHistory, shrinkHang, type HangOptions } from '../hang.ts';
import type { CheckJob, CheckResult, Finding, Message } from '../job.ts';
import type { RunFolder } from '../run-folder.ts';
import { supervise, type Ending } from '../supervise.ts';
import { storyOf } from '../story.ts';
import { interruptible, STOPPING } from './interrupt.ts';
import { grouped, plural, seconds } from './numbers.ts';
import { StatusLine } from './status-line.ts';
import { findingLines, outcomeOf, summaryText, type RunFacts } from './summary.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { timeLeft } from './time-left.ts';

type Unfinished = Exclude<Ending, { kind: 'finished' }>;

type CheckRequest = Omit<CheckJob, 'heartbeat'>;

interface CheckView {
  readonly json: boolean;
  readonly hangSeconds: number;
}

/** What is kept of a run in run.json when it is over. */
export interface CheckEnd {
  readonly exitCode: number;
  readonly result: CheckResult | null;
  readonly findings: readonly Finding[];
}

/** One `twinpath check` as a person sees it: progress, then the summary. */
export class CheckRun {
  readonly #terminal: Terminal;
  readonly #view: CheckView;
  readonly #facts: RunFacts;
  readonly #folder: RunFolder;
  readonly #status: StatusLine;
  readonly #found: Finding[] = [];
  #stopping = false;
  #plan: CheckRequest['plan'] | null = null;

  constructor(terminal: Terminal, view: CheckView, facts: RunFacts, folder: RunFolder) {
    this.#terminal = terminal;
    this.#view = view;
    this.#facts = facts;
    this.#folder = folder;
    this.#status = new StatusLine(terminal);
  }

  async go(request: CheckRequest): Promise<CheckEnd> {
    this.#plan = request.plan;
    const onFirst = (): void => {
      this.#stopping = true;
      this.#status.show(STOPPING, true);
    };
    return interruptible(async (stop) => {
      const hangMs = this.#view.hangSeconds * 1000;
      const ending = await supervise(request, { hangMs, stop, onMessage: (message) => this.#hear(message) });
      this.#status.clear();
      if (ending.kind === 'finished') {
        if (ending.last.type === 'checked') return this.#finished(ending.last.result);
        throw new Error(`a check ended with ${ending.last.type}`);
      }
      return this.#unfinished(request, ending, stop);
    }, onFirst);
  }

  /** The thread is gone without a last word: it hung or died. That is a finding, and its history says where. */
  async #unfinished(request: CheckRequest, ending: Unfinished, stop: AbortSignal): Promise<CheckEnd> {
    const { beat } = ending;
    const hangs = ending.kind === 'hang';
    const detail = hangs ? 'no answer' : 'the thread died';
    const found = caseOfHistory(request, beat, hangs ? 'hang' : 'crash-of-target', detail);
    if (found === null) this.#terminal.out(`${shrinkingEnded(ending)}\n`);
    else this.#found.push(await this.#keepHang(found, ending, request, stop));
    this.#status.clear();
    this.#terminal.out(`${pc.bold(pc.red('FOUND'))}  ${plural(this.#found.length, 'failure')}\n\n`);
    for (const finding of this.#found)
      this.#terminal.out(`${findingLines(finding, this.#facts).join('\n')}\n\n`);
    this.#terminal.out(`seed      ${this.#facts.seed}\nresults   ${this.#facts.runFolder}\n`);
    return { exitCode: EXIT.found, result: null, findings: this.#found };
  }

  async #keepHang(
    found: Case,
    ending: Unfinished,
    request: CheckRequest,
    stop: AbortSignal,
  ): Promise<Finding> {
    const id = `${String(this.#found.length + 1).padStart(2, '0')}-${found.failure?.kind ?? 'hang'}`;
    const folder = this.#folder.caseFolder(id);
    const evidence = { summary: summaryOf(ending, this.#view.hangSeconds) };
    folder.saveOriginal(found, evidence, failureReport(found, evidence));
    folder.saveStory(storyOf(found, evidence, { recorded: 'none', steps: [] }));
    this.#terminal.err(`found ${id}: ${evidence.summary}\nsaved ${folder.caseFile}\n`);
    let kept = { smallest: found, runs: 0 };
    if (ending.kind === 'hang' && request.shrink !== null) {
      const options: HangOptions = {
        workspace: request.workspace,
        stop,
        budgetMs: request.shrink.ms,
        onSmaller: (smaller, runs) => {
          folder.replace(smaller);
          this.#status.show(shrinkingText(smaller.operations.length, runs));
        },
      };
      kept = await shrinkHang(await blameHang(found, options), options);
    }
    const report = failureReport(kept.smallest, evidence);
    folder.save(kept.smallest, evidence, report);
    // Nobody can look into a target that gives no answer.
    folder.saveStory(storyOf(kept.smallest, evidence, { recorded: 'none', steps: [] }));
    const foundWith = found.operations.length;
    return { id, caseFile: folder.caseFile, case: kept.smallest, report, foundWith, shrinkRuns: kept.runs };
  }

  #hear(message: Message): void {
    switch (message.type) {
      case 'progress':
        if (!this.#stopping) this.#status.show(progressText(message.progress, this.#plan));
        break;
      case 'found':
        this.#found.push(message.finding);
        this.#status.clear();
        this.#terminal.err(`found ${message.finding.id ?? ''}: ${firstLine(message.finding.report)}\n`);
        this.#terminal.err(`saved ${message.finding.caseFile}\n`);
        break;
      case 'shrinking':
        this.#status.show(shrinkingText(message.operations, message.runs));
        break;
      case 'checked':
      case 'impossible':
      case 'replayed':
      case 'shrunk':
        break;
    }
  }

  #finished(result: CheckResult): CheckEnd {
    const { json } = this.#view;
    const outcome = outcomeOf(result);
    this.#terminal.out(
      json
        ? `${JSON.stringify({ outcome, ...this.#facts, ...result }, null, 2)}\n`
        : summaryText(result, this.#facts),
    );
    const { findings } = result;
    if (outcome === 'found') return { exitCode: EXIT.found, result, findings };
    if (this.#stopping) return { exitCode: EXIT.interrupted, result, findings };
    return { exitCode: outcome === 'held' ? EXIT.held : EXIT.impossible, result, findings };
  }
}

const shrinkingText = (operations: number, runs: number): string =>
  `shrinking: ${plural(operations, 'operation')} left after ${plural(runs, 'run')}`;

const summaryOf = (ending: Unfinished, hangSeconds: number): string =>
  ending.kind === 'died'
    ? `the thread that ran the sequence died: ${ending.message}`
    : `a target gave no answer for ${hangSeconds} s`;

const shrinkingEnded = (ending: Unfinished): string =>
  ending.kind === 'hang'
    ? 'Shrinking ended early: a candidate hung. The smallest case so far is kept.'
    : 'Shrinking ended early: the thread died. The smallest case so far is kept.';

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

function progressText(
  { sequences, operations, elapsedMs, imagesChecked, imagesSpared }: Progress,
  plan: CheckRequest['plan'] | null,
): string {
  const rate = elapsedMs > 0 ? (operations / elapsedMs) * 1000 : 0;
  const left =
    plan === null
      ? ''
      : timeLeft({ elapsedMs, durationMs: plan.durationMs, done: sequences, doneMax: plan.sequencesMax });
  const accepted = imagesChecked + imagesSpared;
  const images = accepted > 0 ? `, ${plural(accepted, 'image')} accepted` : '';
  return `${seconds(elapsedMs)}  ${plural(sequences, 'sequence')}, ${plural(operations, 'operation')} (${grouped(rate)}/s)${images}${left}`;
}
