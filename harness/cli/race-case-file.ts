import { readFileSync } from 'node:fs';
import pc from 'picocolors';
import { writeAtomically } from '../atomic-file.ts';
import { E2fsck } from '../e2fsck.ts';
import { ImageFiles } from '../image-file.ts';
import type { ImageJudges } from '../race/judge-image.ts';
import { sameRaceFailure, type RaceFailure } from '../race/judge-run.ts';
import { ProgramBench } from '../race/program-bench.ts';
import { isRaceCase, RaceCaseError, readRaceCase, writeRaceCase, type RaceCase } from '../race/race-case.ts';
import { raceReport } from '../race/race-report.ts';
import { fixedChoices } from '../race/schedule.ts';
import { operationsOf, shrinkRace } from '../race/shrink-race.ts';
import { typescriptTargets } from '../targets/typescript/target.ts';
import { openWorkspace } from '../workspace.ts';
import { checkFaults, wantsE2fsck } from './case-file.ts';
import { plural } from './numbers.ts';
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

/** `twinpath replay` of a race: the same program under the same schedule. */
export async function replayRace(
  saved: RaceCase,
  options: { readonly target: readonly string[]; readonly e2fsck: boolean; readonly json: boolean },
  terminal: Terminal,
): Promise<number> {
  const [target = saved.target] = options.target;
  const program = { ...programIn(saved), target };
  const failure = await withJudges(options.e2fsck, (judges) => failureOf({ ...saved, target }, judges));
  const answer =
    failure === null
      ? 'gone'
      : saved.failure === null
        ? 'fails'
        : sameRaceFailure(failure, saved.failure)
          ? 'same'
          : 'other';
  const report = failure === null ? '' : await raceReport({ program, choices: saved.choices, failure });
  if (options.json) {
    const said = {
      answer,
      verdict: failure === null ? 'holds' : 'fails',
      failure,
      report,
      saved: saved.failure,
    };
    terminal.out(`${JSON.stringify(said, null, 2)}\n`);
  } else terminal.out(`${HEADLINES[answer]}\n${report === '' ? '' : `\n${report}`}`);
  return failure === null ? EXIT.held : EXIT.found;
}

const HEADLINES = {
  same: `${pc.bold(pc.red('SAME FAILURE'))}  it fails as the case says`,
  other: `${pc.bold(pc.red('OTHER FAILURE'))}  it fails, but not as the case says`,
  fails: `${pc.bold(pc.red('FAILS'))}  the case does not say how it should`,
  gone: `${pc.bold(pc.green('GONE'))}  every judge is content`,
} as const;

/** `twinpath shrink` of a race: fewer operations and preemptions. */
export async function shrinkSavedRace(
  saved: RaceCase,
  options: { readonly output: string; readonly e2fsck: boolean; readonly seconds: number },
  terminal: Terminal,
): Promise<number> {
  const status = new StatusLine(terminal);
  const small = await withJudges(options.e2fsck, async (judges) => {
    const failure = await failureOf(saved, judges);
    if (failure === null || (saved.failure !== null && !sameRaceFailure(failure, saved.failure))) return null;
    const found = { program: programIn(saved), choices: saved.choices, failure };
    const limits = { ms: options.seconds * 1000, schedules: SHRINK_SCHEDULES };
    return await shrinkRace(found, judges, limits, (better) => {
      const { program, choices, failure: seen } = better;
      writeAtomically(options.output, writeRaceCase({ ...saved, ...program, choices, failure: seen }));
      status.show(`${plural(operationsOf(better.program), 'operation')} left`);
    });
  });
  status.clear();
  if (small === null) {
    terminal.out(
      `${pc.bold(pc.green('GONE'))}  the case does not fail (any more) as it says; nothing was written\n`,
    );
    return EXIT.held;
  }
  const { program, choices, failure } = small;
  writeAtomically(options.output, writeRaceCase({ ...saved, ...program, choices, failure }));
  const from = plural(operationsOf(saved), 'operation');
  terminal.out(
    `${pc.bold(`${pc.red('✗')} from ${from} to ${operationsOf(program)}`)}\n${await raceReport(small)}\n  case    ${options.output}\n`,
  );
  return EXIT.found;
}

const SHRINK_SCHEDULES = 2500;

const programIn = ({ setup, target, faults, image, before, tasks }: RaceCase) => ({
  setup,
  target,
  faults,
  image,
  before,
  tasks,
});

async function failureOf(saved: RaceCase, judges: ImageJudges): Promise<RaceFailure | null> {
  const bench = await ProgramBench.make(programIn(saved));
  const { failure } = bench.try(fixedChoices(saved.choices));
  return failure ?? (await bench.judgeImages(judges))?.failure ?? null;
}

async function withJudges<T>(wanted: boolean, use: (judges: ImageJudges) => Promise<T>): Promise<T> {
  const e2fsck = (await wantsE2fsck(wanted)) ? await E2fsck.find() : null;
  const workspace = await openWorkspace();
  try {
    return await use({ e2fsck, files: new ImageFiles(workspace.path), targets: typescriptTargets() });
  } finally {
    await e2fsck?.close();
    await workspace.remove();
  }
}
