import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { randomInt } from 'node:crypto';
import { E2fsck } from '../e2fsck.ts';
import { CATALOGUE } from '../race/catalogue/catalogue.ts';
import { RACE_MODES } from '../race/modes.ts';
import type { RacePlan } from '../race/race-plan.ts';
import { STRATEGIES, type StrategyName } from '../race/strategy.ts';
import { RunFolder } from '../run-folder.ts';
import { BLOCK_SIZES, type BlockSize } from '../setup.ts';
import { openWorkspace } from '../workspace.ts';
import { checkFaults, wantsE2fsck } from './case-file.ts';
import { blockSizeOption } from './format-options.ts';
import { positiveNumber, wholeNumber } from './numbers.ts';
import { collected } from './option-values.ts';
import { said, withOutputOptions } from './output-options.ts';
import { RaceCampaign } from './race-campaign.ts';
import { beginRun, concludeRun } from './run-end.ts';
import { UsageError, type Terminal } from './terminal.ts';

interface RaceCommandOptions {
  seed?: number;
  races?: string;
  modes?: string;
  blockSize?: BlockSize;
  strategy?: StrategyName;
  preemptions: number;
  schedules?: number;
  programs?: number;
  seconds: number;
  shrinkSeconds: number;
  hangSeconds: number;
  memoryMb: number;
  fault: string[];
  results: string;
  e2fsck: boolean;
  json: boolean;
  quiet: boolean;
}

const DEFAULT_SECONDS = 60;
const DEFAULT_SHRINK_SECONDS = 30;
const DEFAULT_HANG_SECONDS = 10;
const DEFAULT_MEMORY_MB = 4096;

/** Programs that are drawn, where nobody says how many. */
const NEVER_ENDING = 1_000_000;

const list = (each: readonly { readonly name: string; readonly about?: string }[]): string =>
  each.map(({ name, about }) => `  ${name.padEnd(26)}${about ?? ''}`.trimEnd()).join('\n');

const EXAMPLES = `
Races of the catalogue:
${list(CATALOGUE)}

Modes:
${list(RACE_MODES)}

A schedule says at each place where a task may be preempted (before every lock, folio lock, handle and page of a read, and
where it waits) who goes on. Exhaustive: every schedule with at most so many preemptions; holding a worker (interrupts, ends
of I/O, commits) back that would go first counts as one. Without --strategy all races are looked at in rounds that grow, by
samples and by a part of the exhaustive search, and programs are drawn beside them; in the end each search is completed.
What each operation may see of the others is written down in harness/race/atomicity.ts.

Examples:
  twinpath race                                   rounds over all, then the catalogue with up to 1 preemption, for a minute
  twinpath race --preemptions 2 --seconds 3600 --programs 0
  twinpath race --races write-read --modes iomap --strategy exhaustive --preemptions 2
  twinpath race --races none --strategy pct --seed 7 --programs 500

Exit code: 0 when all held, 1 when something was found, 2 when it could not run or could not judge, 130 when interrupted.`;

/** `twinpath race`: several tasks at once, and every way in which they can come in between each other. */
export function addRace(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  const command = program
    .command('race')
    .summary('several tasks at once, with explored interleavings')
    .description(
      'Runs small programs of several tasks beside flusher, commit and ends of I/O, under many schedules, and sees that ' +
        'nothing locks up or breaks, that some order of the operations explains every answer and the files in the end, ' +
        'and that e2fsck accepts every image.',
    )
    .option('--races <names>', 'races of the catalogue, separated by commas; none: only drawn programs')
    .option('--modes <names>', 'ways of mounting, separated by commas')
    .addOption(blockSizeOption())
    .option('--strategy <name>', `where schedules come from: ${STRATEGIES.join(', ')}`, strategyNamed)
    .option('--preemptions <n>', 'of an exhaustive search, at most', wholeNumber(0, 10), 1)
    .option('--schedules <n>', 'of one program in one look, at most', wholeNumber(1, 1e9))
    .option('--programs <n>', 'how many are drawn (default: until the time is over)', wholeNumber(0, 1e9))
    .option('--seed <n>', 'where randomness starts', wholeNumber(-(2 ** 31), 2 ** 31 - 1))
    .option('--seconds <n>', 'end after so much time', positiveNumber(1e7), DEFAULT_SECONDS)
    .option('--shrink-seconds <n>', 'for each failure', positiveNumber(1e7), DEFAULT_SHRINK_SECONDS)
    .option(
      '--hang-seconds <n>',
      'a schedule that takes so long is a finding',
      positiveNumber(1e6),
      DEFAULT_HANG_SECONDS,
    )
    .option('--memory-mb <n>', 'more memory than this is a finding', wholeNumber(256, 1e6), DEFAULT_MEMORY_MB)
    .option('--fault <name>', 'switch a planted bug on; may be repeated', collected, [])
    .option('--results <folder>', 'where runs are kept', 'twinpath-results')
    .option('--no-e2fsck', 'do not check images');
  withOutputOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (options: RaceCommandOptions) =>
      exit(await said(options, terminal, (teller) => race(options, teller))),
    );
}

function strategyNamed(text: string): StrategyName {
  const found = STRATEGIES.find((name) => name === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`expected one of ${STRATEGIES.join(', ')}.`);
}

async function race(options: RaceCommandOptions, terminal: Terminal): Promise<number> {
  checkFaults(options.fault);
  const plan = planOf(options);
  const e2fsck = await wantsE2fsck(options.e2fsck);
  const workspace = await openWorkspace();
  try {
    const folder = RunFolder.create(options.results, 'race', new Date());
    const run = beginRun(folder, {
      verb: 'race',
      seed: plan.seed,
      targets: plan.modes,
      faults: plan.faults,
      again: againCommand(options, plan),
      options: plan,
      e2fsck: e2fsck ? ((await E2fsck.find())?.version ?? null) : null,
    });
    const end = await new RaceCampaign(terminal, options, folder, workspace.path, e2fsck).go(plan);
    await concludeRun({ folder, terminal, json: options.json }, run, end);
    return end.exitCode;
  } finally {
    await workspace.remove();
  }
}

/** Only what changes which programs and schedules are run. */
function againCommand(options: RaceCommandOptions, { seed, faults }: RacePlan): string {
  const { races, modes, blockSize, strategy, preemptions, schedules, programs, seconds } = options;
  const words = Object.entries({
    races,
    modes,
    'block-size': blockSize,
    strategy,
    preemptions,
    schedules,
    programs,
    seconds,
  }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]));
  return ['twinpath race', `--seed ${seed}`, ...words, ...faults.map((name) => `--fault ${name}`)].join(' ');
}

function planOf(options: RaceCommandOptions): RacePlan {
  const { strategy = null, preemptions: bound, schedules = null } = options;
  return {
    seed: options.seed ?? randomInt(2 ** 31 - 1),
    races: options.races === 'none' ? [] : named(CATALOGUE, options.races, 'race'),
    modes: named(RACE_MODES, options.modes, 'mode'),
    blockSizes: options.blockSize === undefined ? BLOCK_SIZES.slice(0, 1) : [options.blockSize],
    faults: options.fault,
    strategy,
    bound,
    schedules,
    drawn: options.programs ?? NEVER_ENDING,
  };
}

function named(
  known: readonly { readonly name: string }[],
  names: string | undefined,
  what: string,
): readonly string[] {
  if (names === undefined) return known.map(({ name }) => name);
  return names.split(',').map((word) => {
    const found = known.find(({ name }) => name === word.trim());
    if (found !== undefined) return found.name;
    throw new UsageError(
      `there is no ${what} ${word}; there are ${known.map(({ name }) => name).join(', ')}`,
    );
  });
}
