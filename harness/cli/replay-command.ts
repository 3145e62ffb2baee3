import type { Command } from 'commander';
import type { Case } from '../case.ts';
import { sameFailure } from '../failure.ts';
import type { ReplayResult } from '../job.ts';
import { supervise } from '../supervise.ts';
import { openWorkspace } from '../workspace.ts';
import { loadCase, wantsE2fsck } from './case-file.ts';
import { targetsToRun } from './case-targets.ts';
import { crashIn, replayCrash } from './crash-case-file.ts';
import { raceIn, replayRace } from './race-case-file.ts';
import { interruptible } from './interrupt.ts';
import { positiveNumber } from './numbers.ts';
import { collected } from './option-values.ts';
import { ANSWERS, answerFor } from './replay-answer.ts';
import { EXIT, type Terminal } from './terminal.ts';

interface ReplayOptions {
  target: string[];
  e2fsck: boolean;
  hangSeconds: number;
  json: boolean;
}

const EXAMPLES = `
Examples:
  twinpath replay twinpath-results/2026-01-01T12-00-00-check/cases/01-e2fsck-impl-iomap/case.json
  twinpath replay case.json --target impl:buffer_head

Exit code: 1 when it fails, in the same way or in another; 0 when the failure is gone; 2 when it could not run.`;

/** `twinpath replay`: a saved case once more. */
export function addReplay(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('replay')
    .summary('runs a saved case again')
    .description(
      'Runs a saved case again and says whether it fails in the same way, in another way, or no more.',
    )
    .argument('<case>', 'a case file')
    .option(
      '--target <name>',
      'run on this target instead of those in the case; may be repeated',
      collected,
      [],
    )
    .option('--no-e2fsck', 'do not check the image')
    .option('--hang-seconds <n>', 'a target silent for so long hangs', positiveNumber(1e6), 10)
    .option('--json', 'print the result as JSON', false)
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, options: ReplayOptions) => exit(await replay(path, options, terminal)));
}

async function replay(path: string, options: ReplayOptions, terminal: Terminal): Promise<number> {
  const race = raceIn(path);
  if (race !== null) return await replayRace(race, options, terminal);
  const crash = crashIn(path);
  if (crash !== null) return await replayCrash(crash, options, terminal);
  const saved = loadCase(path);
  const targets = targetsToRun(path, saved, options.target);
  const e2fsck = await wantsE2fsck(options.e2fsck);
  const workspace = await openWorkspace();
  try {
    const result = await interruptible(
      (stop) => replayed(saved, targets, e2fsck, workspace.path, options.hangSeconds, stop),
      () => undefined,
    );
    return tell(saved, result, options.json, terminal);
  } finally {
    await workspace.remove();
  }
}

async function replayed(
  saved: Case,
  targets: readonly string[],
  e2fsck: boolean,
  workspace: string,
  hangSeconds: number,
  stop: AbortSignal,
): Promise<ReplayResult> {
  const ending = await supervise(
    { verb: 'replay', case: saved, targets, workspace, e2fsck },
    { hangMs: hangSeconds * 1000, stop, onMessage: () => undefined },
  );
  if (ending.kind === 'finished') {
    if (ending.last.type === 'replayed') return ending.last.result;
    throw new Error(`a replay ended with ${ending.last.type}`);
  }
  const step = saved.operations[ending.beat.step] === undefined ? null : ending.beat.step;
  const operation = step === null ? null : (saved.operations[step]?.op ?? null);
  const hangs = ending.kind === 'hang';
  const failure = {
    kind: hangs ? ('hang' as const) : ('crash-of-target' as const),
    target: saved.failure?.target ?? targets.join(','),
    step,
    operation,
    detail: hangs ? 'no answer' : 'the thread died',
  };
  return {
    verdict: 'fails',
    failure,
    report: hangs ? `No answer for ${hangSeconds} s.\n` : `${ending.message}\n`,
  };
}

function tell(saved: Case, result: ReplayResult, json: boolean, terminal: Terminal): number {
  const answer =
    result.verdict === 'unknown' ? 'unknown' : answerFor(saved.failure, result.failure, sameFailure);
  if (json) terminal.out(`${JSON.stringify({ answer, ...result, saved: saved.failure }, null, 2)}\n`);
  else terminal.out(`${ANSWERS[answer]}\n${result.report === '' ? '' : `\n${result.report}`}`);
  if (answer === 'unknown') return EXIT.impossible;
  return result.verdict === 'fails' ? EXIT.found : EXIT.held;
}
