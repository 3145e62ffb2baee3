import { BenchFile, type Measured } from '../bench-record.ts';
import type { MeasurePlan, Message } from '../job.ts';
import { RunFolder } from '../run-folder.ts';
import { supervise } from '../supervise.ts';
import { openWorkspace } from '../workspace.ts';
import { benchTable } from './bench-table.ts';
import { interruptible, STOPPING } from './interrupt.ts';
import type { OutputOptions } from './output-options.ts';
import { beginRun, concludeRun } from './run-end.ts';
import { StatusLine } from './status-line.ts';
import { timeLeft } from './time-left.ts';
import { EXIT, UsageError, type Terminal } from './terminal.ts';

export interface SuiteOptions extends OutputOptions {
  readonly seed: number;
  readonly results: string;
  readonly only?: string;
  readonly repetitions: number;
  /** Seconds. */
  readonly warmUp: number;
  readonly fileMib: number;
  readonly files: number;
  readonly sequences: number;
}

/** A round has no moment at which it could say that it lives. */
const HANG_MS = 300_000;

/** `twinpath bench paths` and its like: measures everything of a suite, and tells each contest when it is over. */
export async function benchSuite(suite: string, options: SuiteOptions, terminal: Terminal): Promise<number> {
  const plan = planOf(suite, options);
  const folder = RunFolder.create(options.results, 'bench', new Date());
  const record = beginRun(folder, {
    verb: 'bench',
    seed: options.seed,
    targets: [],
    faults: [],
    again: againCommand(suite, options),
    options: plan,
    e2fsck: null,
  });
  const file = new BenchFile(folder.path);
  const workspace = await openWorkspace();
  const startedAt = performance.now();
  const measured: Measured[] = [];
  const status = new StatusLine(terminal);
  let asked: AbortSignal | null = null;
  const listen = (message: Message): void => {
    if (message.type === 'measuring') status.show(progressText(message, performance.now() - startedAt));
    if (message.type !== 'measured') return;
    const { result } = message;
    for (const one of result.measured) file.append(one);
    measured.push(...result.measured);
    status.clear();
    if (!options.json) terminal.out(benchTable(result));
  };
  try {
    const ending = await interruptible(
      (stop) => {
        asked = stop;
        return supervise(
          { verb: 'measure', plan, workspace: workspace.path, e2fsck: false },
          { hangMs: HANG_MS, stop, onMessage: listen },
        );
      },
      () => status.show(STOPPING, true),
    );
    status.clear();
    if (ending.kind !== 'finished') terminal.err(`twinpath: ${whyEnded(ending)}\n`);
    const exitCode = ending.kind !== 'finished' ? EXIT.found : wasAsked(asked) ? EXIT.interrupted : EXIT.held;
    if (exitCode === EXIT.held && measured.length === 0)
      throw new UsageError(`nothing of ${suite} has ${options.only} in its name`);
    await concludeRun({ folder, terminal, json: options.json }, record, {
      outcome: exitCode === EXIT.held ? 'held' : exitCode === EXIT.found ? 'found' : 'interrupted',
      exitCode,
      elapsedMs: performance.now() - startedAt,
      counts: { measurements: measured.length },
    });
    if (options.json) terminal.out(`${JSON.stringify({ suite, measured, exitCode }, null, 2)}\n`);
    return exitCode;
  } finally {
    await workspace.remove();
  }
}

const progressText = (
  { name, done, of }: Extract<Message, { type: 'measuring' }>,
  elapsedMs: number,
): string => `${name}, ${done + 1} of ${of}${timeLeft({ elapsedMs, durationMs: null, done, doneMax: of })}`;

const wasAsked = (stop: AbortSignal | null): boolean => stop?.aborted === true;

const whyEnded = (
  ending: { readonly kind: 'hang' } | { readonly kind: 'died'; readonly message: string },
): string => (ending.kind === 'hang' ? 'a round did not end' : ending.message);

const planOf = (suite: string, options: SuiteOptions): MeasurePlan => ({
  suite,
  only: options.only ?? null,
  effort: { repetitions: options.repetitions, warmUpMs: options.warmUp * 1000 },
  scale: {
    fileBytes: Math.ceil(options.fileMib) * (1 << 20),
    files: options.files,
    sequences: options.sequences,
    seed: options.seed,
  },
});

function againCommand(suite: string, options: SuiteOptions): string {
  const { only, seed, repetitions, warmUp, fileMib, files, sequences } = options;
  const words = [`twinpath bench ${suite}`, `--seed ${seed}`, `--repetitions ${repetitions}`];
  if (only !== undefined) words.push(`--only ${JSON.stringify(only)}`);
  return [
    ...words,
    `--warm-up ${warmUp}`,
    `--file-mib ${fileMib}`,
    `--files ${files}`,
    `--sequences ${sequences}`,
  ].join(' ');
}
