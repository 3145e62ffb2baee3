import { readFileSync } from 'node:fs';
import pc from 'picocolors';
import type { Message, RaceCaseJob } from '../job.ts';
import { sameRaceFailure } from '../race/judge-run.ts';
import { isRaceCase, programIn, RaceCaseError, readRaceCase, type RaceCase } from '../race/race-case.ts';
import { reportOf } from '../race/race-report.ts';
import { operationsOf, type FailingRace } from '../race/shrink-race.ts';
import { supervise } from '../supervise.ts';
import { openWorkspace } from '../workspace.ts';
import { checkFaults, wantsE2fsck } from './case-file.ts';
import { interruptible } from './interrupt.ts';
import { plural } from './numbers.ts';
import { ANSWERS, answerFor } from './replay-answer.ts';
import { tellShrunk } from './shrink-answer.ts';
import { StatusLine } from './status-line.ts';
import { EXIT, UsageError, type Terminal } from './terminal.ts';

/** The race in a case file; null when the file holds something else, or cannot be read. */
export function raceIn(path: string): RaceCase | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  if (!isRaceCase(text)) return null;
  try {
    const saved = readRaceCase(text, path);
    checkFaults(saved.faults, `${path}: $.faults: `);
    return saved;
  } catch (error) {
    if (error instanceof RaceCaseError) throw new UsageError(error.message);
    throw error;
  }
}

interface CaseOptions {
  readonly e2fsck: boolean;
  readonly hangSeconds: number;
}

/** `twinpath replay` of a race: the same program under the same schedule. */
export async function replayRace(
  saved: RaceCase,
  options: CaseOptions & { readonly target: readonly string[]; readonly json: boolean },
  terminal: Terminal,
): Promise<number> {
  const [target = saved.target] = options.target;
  const { race, report } = await judged({ ...saved, target }, null, options, () => undefined);
  const failure = race?.failure ?? null;
  const answer = answerFor(saved.failure, failure, sameRaceFailure);
  if (options.json) {
    const verdict = failure === null ? 'holds' : 'fails';
    const said = { answer, verdict, failure, report, saved: saved.failure };
    terminal.out(`${JSON.stringify(said, null, 2)}\n`);
  } else terminal.out(`${ANSWERS[answer]}\n${report === '' ? '' : `\n${report}`}`);
  return failure === null ? EXIT.held : EXIT.found;
}

/** `twinpath shrink` of a race: fewer operations and preemptions. */
export async function shrinkSavedRace(
  saved: RaceCase,
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
  const { race, report } = await judged({ ...saved, target }, shrink, options, (operations) =>
    status.show(`${plural(operations, 'operation')} left`),
  );
  status.clear();
  if (race === null) return tellShrunk(null, options.json, terminal);
  const { output } = options;
  const [from, operations] = [operationsOf(saved), operationsOf(race.program)];
  const { failure } = race;
  const headline = pc.bold(`${pc.red('✗')} from ${plural(from, 'operation')} to ${operations}`);
  const text = `${headline}\n${report}\n  case    ${output}\n`;
  return tellShrunk({ output, failure, from, operations, report, text }, options.json, terminal);
}

/** What came of a saved race, in a thread of its own. */
async function judged(
  saved: RaceCase,
  shrink: RaceCaseJob['shrink'],
  { e2fsck: wanted, hangSeconds }: CaseOptions,
  onSmaller: (operations: number) => void,
): Promise<{ readonly race: FailingRace | null; readonly report: string }> {
  const e2fsck = await wantsE2fsck(wanted);
  const workspace = await openWorkspace();
  let story = '';
  const hear = (message: Message): void => {
    if (message.type === 'race shrinking') onSmaller(message.operations);
    else if (message.type === 'race story') story = message.text;
  };
  try {
    const ending = await interruptible(
      (stop) =>
        supervise(
          { verb: 'race-case', case: saved, shrink, workspace: workspace.path, e2fsck },
          { hangMs: hangSeconds * 1000, stop, onMessage: hear },
        ),
      () => undefined,
    );
    if (ending.kind === 'finished') {
      if (ending.last.type === 'race judged') return ending.last;
      throw new Error(`a race ended with ${ending.last.type}`);
    }
    if (shrink !== null)
      throw new UsageError(
        `it ${ending.kind === 'hang' ? 'hangs' : 'broke the thread'}: only twinpath race makes such a race smaller`,
      );
    const failure = {
      kind: ending.kind,
      detail: ending.kind === 'hang' ? 'no answer' : 'the thread died',
      words: ending.kind === 'hang' ? `no answer for ${hangSeconds} s` : ending.message,
    };
    const race = { program: programIn(saved), choices: saved.choices, failure };
    return { race, report: reportOf(race, story, saved.choices.filter(Boolean).length) };
  } finally {
    await workspace.remove();
  }
}
