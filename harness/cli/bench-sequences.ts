import { BenchFile, type Measured } from '../bench-record.ts';
import type { Case } from '../case.ts';
import type { BenchStop, BenchWindow, Message, Mix } from '../job.ts';
import { RunFolder } from '../run-folder.ts';
import type { RunEnd } from '../run-record.ts';
import { STAGES } from '../stage-clock.ts';
import { supervise, type Ending } from '../supervise.ts';
import { openWorkspace } from '../workspace.ts';
import { interruptible, STOPPING } from './interrupt.ts';
import { grouped } from './numbers.ts';
import { targetsNamed } from '../targets/all.ts';
import type { OutputOptions } from './output-options.ts';
import { beginRun, concludeRun } from './run-end.ts';
import { namesIn, namesInProcess } from './option-values.ts';
import { StatusLine } from './status-line.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { timeLeft } from './time-left.ts';

export interface SequencesOptions extends OutputOptions {
  seconds: number;
  seed: number;
  operations: number;
  targets: string;
  mix: Mix;
  results: string;
}

const WINDOWS = 10;
const HANG_MS = 10_000;

/** `twinpath bench`, and `twinpath bench sequences`: how fast sequences run, window by window. */
export async function benchSequences(options: SequencesOptions, terminal: Terminal): Promise<number> {
  const targets = targetsOf(options);
  const plan = {
    mix: options.mix,
    seed: options.seed,
    maxOperations: options.operations,
    windows: WINDOWS,
    windowMs: (options.seconds * 1000) / WINDOWS,
  };
  const windows: BenchWindow[] = [];
  const status = new StatusLine(terminal);
  const tell = (text: string): void => {
    status.clear();
    if (!options.json) terminal.out(text);
  };
  const hear = (message: Message): void => {
    if (message.type !== 'window') return;
    windows.push(message.window);
    tell(`${windowLine(message.window)}\n`);
    status.show(progressText(windows.length, options));
  };
  tell('sequences  operations  operations/s  us/operation  cpu us/operation  memory MiB\n');
  const folder = RunFolder.create(options.results, 'bench', new Date());
  const record = beginRun(folder, {
    verb: 'bench',
    seed: options.seed,
    targets,
    faults: [],
    again: `twinpath bench --seed ${options.seed} --mix ${options.mix} --operations ${options.operations} --targets ${targets.join(',')}`,
    options: plan,
    e2fsck: null,
  });
  const workspace = await openWorkspace();
  try {
    const ending = await interruptible(
      (stop) =>
        supervise(
          { verb: 'bench', plan, targets, workspace: workspace.path, e2fsck: false },
          { hangMs: HANG_MS, stop, onMessage: hear },
        ),
      () => status.show(STOPPING, true),
    );
    status.clear();
    const { exitCode, stopped } = conclude(ending, windows, tell);
    if (stopped !== null) terminal.err(`twinpath: ${stopped.message}\n`);
    if (stopped?.case) terminal.err(`saved ${keep(stopped.case, folder)}\n`);
    if (windows.length > 0) new BenchFile(folder.path).append(measurementOf(options.mix, targets, windows));
    await concludeRun({ folder, terminal, json: options.json }, record, benchEnd(windows, exitCode));
    if (options.json)
      terminal.out(`${JSON.stringify({ windows, stopped: stopped?.message ?? null, exitCode }, null, 2)}\n`);
    return exitCode;
  } finally {
    await workspace.remove();
  }
}

/** The rate of the second half: what comes before is mostly the engine's compiler at work. */
const measurementOf = (mix: Mix, targets: readonly string[], windows: readonly BenchWindow[]): Measured => ({
  suite: 'harness',
  workload: `sequences, mix ${mix}`,
  subject: `model + ${targets.join(' + ')}`,
  sizeBytes: null,
  unit: 'operations/s',
  better: 'more',
  samples: windows
    .slice(Math.floor(windows.length / 2))
    .map(({ operations, elapsedMs }) => (operations / elapsedMs) * 1000),
  series: null,
});

const OUTCOMES: Readonly<Record<number, RunEnd['outcome']>> = {
  [EXIT.held]: 'held',
  [EXIT.found]: 'found',
  [EXIT.impossible]: 'unknown',
  [EXIT.interrupted]: 'interrupted',
};

const benchEnd = (windows: readonly BenchWindow[], exitCode: number): RunEnd => ({
  outcome: OUTCOMES[exitCode] ?? 'unknown',
  exitCode,
  elapsedMs: windows.reduce((sum, window) => sum + window.elapsedMs, 0),
  counts: {
    sequences: windows.reduce((sum, window) => sum + window.sequences, 0),
    operations: windows.reduce((sum, window) => sum + window.operations, 0),
  },
});

/** Sequences of campaigns are drawn by other rules for kernels; the mix of fsx is the same everywhere. */
const targetsOf = ({ mix, targets }: SequencesOptions): string[] =>
  mix === 'fsx' ? targetsNamed(namesIn(targets)).map(({ name }) => name) : namesInProcess(targets);

function progressText(done: number, { seconds }: SequencesOptions): string {
  const elapsedMs = (seconds * 1000 * done) / WINDOWS;
  return `window ${done + 1} of ${WINDOWS}${timeLeft({ elapsedMs, durationMs: seconds * 1000, done, doneMax: null })}`;
}

/** How it went, and why it ended early if it did. */
interface Conclusion {
  readonly exitCode: number;
  readonly stopped: BenchStop | null;
}

/** Puts what failed where `twinpath replay` and `twinpath shrink` take it from; answers the file. */
function keep(found: Case, folder: RunFolder): string {
  const own = folder.caseFolder('01');
  own.replace(found);
  return own.caseFile;
}

function conclude(ending: Ending, windows: readonly BenchWindow[], tell: (text: string) => void): Conclusion {
  const stopped = ending.kind === 'finished' && ending.last.type === 'benched' ? ending.last.stopped : null;
  if (ending.kind !== 'finished') {
    const why = ending.kind === 'hang' ? 'a target hangs' : ending.message;
    return { exitCode: EXIT.found, stopped: { message: why, case: null } };
  }
  if (stopped !== null) return { exitCode: stopped.case === null ? EXIT.impossible : EXIT.found, stopped };
  if (windows.length < WINDOWS) return { exitCode: EXIT.interrupted, stopped: null };
  tell(`${summary(windows.slice(WINDOWS / 2))}\n`);
  return { exitCode: EXIT.held, stopped: null };
}

const perOperation = (ms: number, operations: number): string => ((ms * 1000) / operations).toFixed(1);

function windowLine({ sequences, operations, elapsedMs, cpuMs, residentBytes }: BenchWindow): string {
  const rate = grouped((operations / elapsedMs) * 1000);
  return [
    grouped(sequences).padStart(9),
    grouped(operations).padStart(10),
    rate.padStart(12),
    perOperation(elapsedMs, operations).padStart(12),
    perOperation(cpuMs, operations).padStart(16),
    grouped(residentBytes / (1 << 20)).padStart(10),
  ].join('  ');
}

/** The second half together, and where its time went. */
function summary(windows: readonly BenchWindow[]): string {
  const sum = (of: (window: BenchWindow) => number): number =>
    windows.reduce((total, window) => total + of(window), 0);
  const operations = sum((window) => window.operations);
  const elapsed = sum((window) => window.elapsedMs);
  const stages = STAGES.map((stage) => ({ stage, ms: sum((window) => window.spent[stage]) }))
    .filter(({ ms }) => ms > 0)
    .map(({ stage, ms }) => `${stage} ${perOperation(ms, operations)}`);
  const rate = `${grouped((operations / elapsed) * 1000)} operations/s`;
  return `\nsecond half: ${rate}, ${perOperation(elapsed, operations)} us each: ${stages.join(' · ')}`;
}
