import { readFileSync } from 'node:fs';
import pc from 'picocolors';
import {
  CrashCaseError,
  isCrashCase,
  programIn,
  readCrashCase,
  type CrashCase,
} from '../crash/crash-case.ts';
import { sameCrashFailure } from '../crash/crash-failure.ts';
import type { FailingCrash } from '../crash/crash-search.ts';
import type { CrashCaseJob } from '../job.ts';
import { supervise } from '../supervise.ts';
import { openWorkspace } from '../workspace.ts';
import { checkFaults, wantsE2fsck } from './case-file.ts';
import { checkRecorder } from './crash-kernels.ts';
import { interruptible } from './interrupt.ts';
import { plural } from './numbers.ts';
import { ANSWERS, answerFor } from './replay-answer.ts';
import { tellShrunk } from './shrink-answer.ts';
import { StatusLine } from './status-line.ts';
import { EXIT, UsageError, type Terminal } from './terminal.ts';

/** The power cut in a case file; null when the file holds something else, or cannot be read. */
export function crashIn(path: string): CrashCase | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  if (!isCrashCase(text)) return null;
  try {
    const saved = readCrashCase(text, path);
    checkFaults(saved.faults, `${path}: $.faults: `);
    for (const role of ['recordedOn', 'recoveredBy'] as const) {
      const name = saved[role];
      if (name !== undefined) checkRecorder(name, `${path}: $.${role}: `);
    }
    return saved;
  } catch (error) {
    if (error instanceof CrashCaseError) throw new UsageError(error.message);
    throw error;
  }
}

interface CaseOptions {
  readonly e2fsck: boolean;
  readonly hangSeconds: number;
}

/** `twinpath replay` of a power cut: the same program, cut at the same moment. */
export async function replayCrash(
  saved: CrashCase,
  options: CaseOptions & { readonly target: readonly string[]; readonly json: boolean },
  terminal: Terminal,
): Promise<number> {
  const [target = saved.target] = options.target;
  const { crash, report } = await judged({ ...saved, target }, null, options, () => undefined);
  const failure = crash?.failure ?? null;
  const answer = answerFor(saved.failure, failure, sameCrashFailure);
  if (options.json) {
    const verdict = failure === null ? 'holds' : 'fails';
    terminal.out(`${JSON.stringify({ answer, verdict, failure, report, saved: saved.failure }, null, 2)}\n`);
  } else terminal.out(`${ANSWERS[answer]}\n${report === '' ? '' : `\n${report}`}`);
  return failure === null ? EXIT.held : EXIT.found;
}

/** `twinpath shrink` of a power cut: fewer operations and fewer lost writes. */
export async function shrinkSavedCrash(
  saved: CrashCase,
  options: CaseOptions & {
    readonly output: string;
    readonly seconds: number;
    readonly target: readonly string[];
    readonly json: boolean;
  },
  terminal: Terminal,
): Promise<number> {
  const status = new StatusLine(terminal);
  const shrink = { output: options.output, ms: options.seconds * 1000 };
  const [target = saved.target] = options.target;
  const { crash, report } = await judged({ ...saved, target }, shrink, options, (operations) =>
    status.show(`${plural(operations, 'operation')} left`),
  );
  status.clear();
  if (crash === null) return tellShrunk(null, options.json, terminal);
  const { output } = options;
  const [from, operations] = [saved.operations.length, crash.program.operations.length];
  const { failure } = crash;
  const headline = pc.bold(`${pc.red('✗')} from ${plural(from, 'operation')} to ${operations}`);
  const text = `${headline}\n${report}\n  case    ${output}\n`;
  return tellShrunk({ output, failure, from, operations, report, text }, options.json, terminal);
}

/** What came of a saved power cut, in a thread of its own. */
async function judged(
  saved: CrashCase,
  shrink: CrashCaseJob['shrink'],
  { e2fsck: wanted, hangSeconds }: CaseOptions,
  onSmaller: (operations: number) => void,
): Promise<{ readonly crash: FailingCrash | null; readonly report: string }> {
  const e2fsck = await wantsE2fsck(wanted);
  const workspace = await openWorkspace();
  try {
    const ending = await interruptible(
      (stop) =>
        supervise(
          { verb: 'crash-case', case: saved, shrink, workspace: workspace.path, e2fsck },
          {
            hangMs: hangSeconds * 1000,
            stop,
            onMessage: (message) => {
              if (message.type === 'crash shrinking') onSmaller(message.operations);
            },
          },
        ),
      () => undefined,
    );
    if (ending.kind === 'finished') {
      if (ending.last.type === 'crash judged') return ending.last;
      throw new Error(`a power cut ended with ${ending.last.type}`);
    }
    const failure = {
      kind: ending.kind,
      detail: ending.kind === 'hang' ? 'no answer' : 'the thread died',
      words: ending.kind === 'hang' ? `no answer for ${hangSeconds} s` : ending.message,
    };
    return {
      crash: { program: programIn(saved), state: saved.state, failure },
      report: `${failure.words}\n`,
    };
  } finally {
    await workspace.remove();
  }
}
