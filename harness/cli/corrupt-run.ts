import { join } from 'node:path';
import pc from 'picocolors';
import { writeAtomically } from '../atomic-file.ts';
import {
  writeCorruptionCase,
  type CorruptionCase,
  type CorruptionFault,
} from '../corrupt/corruption-case.ts';
import { faultKey, type CorruptionPlan, type CorruptionProgress } from '../corrupt/corruption-result.ts';
import { drawCase } from '../corrupt/run-corruption.ts';
import { SeedImages } from '../corrupt/seed-images.ts';
import type { Message } from '../job.ts';
import type { RunFolder } from '../run-folder.ts';
import { corruptionStory } from '../corrupt/corruption-story.ts';
import type { RunEnd } from '../run-record.ts';
import { writeStory } from '../story.ts';
import { supervise, type Ending } from '../supervise.ts';
import { typescriptImageSource } from '../targets/typescript/image-source.ts';
import { interruptible, STOPPING } from './interrupt.ts';
import { grouped, plural, seconds } from './numbers.ts';
import { relay, type Lost } from './relay.ts';
import { faultRecord } from './run-records.ts';
import { StatusLine } from './status-line.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { timeLeft } from './time-left.ts';

interface CorruptView {
  readonly json: boolean;
  readonly hangSeconds: number;
  readonly memoryMb: number;
}

/** A kind of fault, with the first case that showed it. */
export interface KeptFault {
  readonly id: string;
  readonly fault: CorruptionFault;
  readonly target: string;
  readonly caseFile: string;
  count: number;
}

const NOTHING: CorruptionProgress = { images: 0, mounted: 0, answers: {} };

/** One `twinpath corrupt` as a person sees it. A thread that hangs or dies is replaced, and the campaign goes on. */
export class CorruptRun {
  readonly #terminal: Terminal;
  readonly #view: CorruptView;
  readonly #folder: RunFolder;
  readonly #workspace: string;
  readonly #status: StatusLine;
  readonly #kept = new Map<string, KeptFault>();
  readonly #startedAt = performance.now();
  /** Of the threads that are over, and of the one that runs. */
  #before = NOTHING;
  #now = NOTHING;
  #stopping = false;
  /** What ends the whole run. */
  #bounds: Pick<CorruptionPlan, 'durationMs' | 'from' | 'to'> = { durationMs: null, from: 0, to: Infinity };

  constructor(terminal: Terminal, view: CorruptView, folder: RunFolder, workspace: string) {
    this.#terminal = terminal;
    this.#view = view;
    this.#folder = folder;
    this.#workspace = workspace;
    this.#status = new StatusLine(terminal);
  }

  async go(plan: CorruptionPlan): Promise<RunEnd & { readonly exitCode: number }> {
    this.#bounds = plan;
    const onFirst = (): void => {
      this.#stopping = true;
      this.#status.show(STOPPING, true);
    };
    await interruptible(async (stop) => {
      await relay(
        { from: plan.from, to: plan.to, stop },
        async (from) => {
          const ending = await this.#thread({ ...plan, from, durationMs: this.#timeLeft(plan) }, stop);
          this.#before = this.#total();
          this.#now = NOTHING;
          return ending;
        },
        (from, ending) => this.#lost(plan, from, ending),
      );
    }, onFirst);
    this.#status.clear();
    return this.#summary(plan);
  }

  #timeLeft({ durationMs }: CorruptionPlan): number | null {
    return durationMs === null ? null : Math.max(1, durationMs - (performance.now() - this.#startedAt));
  }

  #thread(plan: CorruptionPlan, stop: AbortSignal): Promise<Ending> {
    const { hangSeconds, memoryMb } = this.#view;
    return supervise(
      { verb: 'corrupt', plan, workspace: this.#workspace, e2fsck: false },
      {
        hangMs: hangSeconds * 1000,
        memoryMaxBytes: memoryMb * 2 ** 20,
        stop,
        onMessage: (message) => this.#hear(message),
      },
    );
  }

  #hear(message: Message): void {
    if (message.type === 'damage') {
      const { fault } = message.case;
      if (fault !== null) this.#keep(fault, message.case, message.stack);
    } else if (message.type === 'damaging' || message.type === 'damaged') {
      this.#now = message.progress;
      this.#status.show(this.#progressText());
    }
  }

  /** The thread is gone in the middle of a case; answers the number to go on with. */
  #lost(plan: CorruptionPlan, from: number, ending: Lost): number {
    const number = Math.max(from, ending.beat.sequence);
    const seeds = new SeedImages(typescriptImageSource());
    const value = plan.cases?.[number] ?? drawCase(plan.seed, number, plan.recipes, plan.targets, seeds);
    const fault = {
      kind: ending.kind,
      detail: 'message' in ending ? ending.message : `step ${ending.beat.step}`,
    };
    this.#keep(fault, { ...value, fault }, '');
    this.#before = { ...this.#before, images: number + 1 - plan.from };
    return number + 1;
  }

  #keep(fault: CorruptionFault, value: CorruptionCase, stack: string): void {
    const key = faultKey({ ...fault, stack });
    const known = this.#kept.get(key);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const id = `${String(this.#kept.size + 1).padStart(2, '0')}-${fault.kind.replace(' ', '-')}`;
    const { path } = this.#folder.caseFolder(id);
    const caseFile = join(path, 'case.json');
    writeAtomically(caseFile, writeCorruptionCase(value));
    writeAtomically(join(path, 'failure.txt'), `${fault.kind}: ${fault.detail}\n${stack}\n`);
    writeStory(path, corruptionStory(value, fault, stack));
    this.#kept.set(key, { id, fault, target: value.target, caseFile, count: 1 });
    this.#status.clear();
    this.#terminal.err(`found ${id}: ${fault.detail.split('\n', 1)[0] ?? ''}\nsaved ${caseFile}\n`);
  }

  #total(): CorruptionProgress {
    const answers = new Map(Object.entries(this.#before.answers));
    for (const [answer, count] of Object.entries(this.#now.answers))
      answers.set(answer, (answers.get(answer) ?? 0) + count);
    return {
      images: this.#before.images + this.#now.images,
      mounted: this.#before.mounted + this.#now.mounted,
      answers: Object.fromEntries(answers),
    };
  }

  #progressText(): string {
    const { durationMs, to, from } = this.#bounds;
    const { images } = this.#total();
    const elapsedMs = performance.now() - this.#startedAt;
    const rate = images / (elapsedMs / 1000);
    const left = timeLeft({ elapsedMs, durationMs, done: images, doneMax: to - from });
    return `${grouped(images)} images, ${grouped(rate)}/s, ${plural(this.#kept.size, 'fault')}${left}`;
  }

  #summary(plan: CorruptionPlan): RunEnd & { readonly exitCode: number } {
    const { images, mounted, answers } = this.#total();
    const elapsedMs = performance.now() - this.#startedAt;
    const faults = [...this.#kept.values()];
    const stopped = this.#stopping;
    const exitCode = exitCodeOf(faults.length, images, stopped);
    const result = { seed: plan.seed, stopped, images, mounted, answers, faults, elapsedMs, exitCode };
    this.#terminal.out(this.#view.json ? `${JSON.stringify(result, null, 2)}\n` : this.#text(result));
    return {
      outcome: outcomeOf(faults.length, images, stopped),
      exitCode,
      elapsedMs,
      counts: { images, mounted },
      answers,
      notes: stopped ? ['The run was stopped before its end.'] : [],
      findings: faults.map(faultRecord),
    };
  }

  #text(result: {
    readonly seed: number;
    readonly stopped: boolean;
    readonly images: number;
    readonly mounted: number;
    readonly answers: Readonly<Record<string, number>>;
    readonly faults: readonly KeptFault[];
    readonly elapsedMs: number;
  }): string {
    const answers = Object.entries(result.answers)
      .sort(([, left], [, right]) => right - left)
      .map(([answer, count]) => `${answer} ${grouped(count)}`);
    const found = result.faults.map(
      ({ fault, caseFile, count }) =>
        `${fault.kind} (${grouped(count)} times): ${fault.detail.split('\n', 1)[0] ?? ''}\n  again: twinpath corrupt --case ${caseFile}`,
    );
    const verdict = found.length === 0 ? pc.bold(pc.green('HELD')) : pc.bold(pc.red('FOUND'));
    const early = result.stopped ? [pc.yellow('The run was stopped before its end.')] : [];
    return [
      `${verdict}  ${plural(result.images, 'image')} in ${seconds(result.elapsedMs)}, ${grouped(result.mounted)} of them mounted`,
      ...early,
      ...found,
      `answers   ${answers.join(', ')}`,
      `seed      ${result.seed}`,
      `results   ${this.#folder.path}`,
      '',
    ].join('\n');
  }
}

function outcomeOf(faults: number, images: number, stopped: boolean): RunEnd['outcome'] {
  if (faults > 0) return 'found';
  if (stopped) return 'interrupted';
  return images === 0 ? 'nothing' : 'held';
}

function exitCodeOf(faults: number, images: number, stopped: boolean): number {
  if (faults > 0) return EXIT.found;
  if (stopped) return EXIT.interrupted;
  return images === 0 ? EXIT.impossible : EXIT.held;
}
