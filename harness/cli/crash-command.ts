import type { Command } from 'commander';
import { randomInt } from 'node:crypto';
import { USUAL_CRASHES, type CrashPlan } from '../crash/crash-plan.ts';
import { CRASH_MODES } from '../crash/modes.ts';
import { E2fsck } from '../e2fsck.ts';
import { RunFolder } from '../run-folder.ts';
import { isOnIomap } from '../targets/kernel/target-words.ts';
import type { BlockSize } from '../setup.ts';
import { openWorkspace } from '../workspace.ts';
import { checkFaults, wantsE2fsck } from './case-file.ts';
import { CrashCampaign } from './crash-campaign.ts';
import { checkRecorder, IMPL } from './crash-kernels.ts';
import { blockSizeOption } from './format-options.ts';
import { positiveNumber, wholeNumber } from './numbers.ts';
import { collected } from './option-values.ts';
import { said, withOutputOptions } from './output-options.ts';
import { beginRun, concludeRun } from './run-end.ts';
import { UsageError, type Terminal } from './terminal.ts';

interface CrashCommandOptions {
  seed?: number;
  target: string;
  recovery?: string;
  modes?: string;
  blockSize?: BlockSize;
  states: number;
  statesPerProgram: number;
  e2fsckEvery: number;
  programs: number;
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
const DEFAULT_SHRINK_SECONDS = 60;
const DEFAULT_HANG_SECONDS = 10;
const DEFAULT_MEMORY_MB = 4096;
const NEVER_ENDING = 1_000_000_000;

const EXAMPLES = `
Modes:
${CRASH_MODES.map(({ name, target, choice }) => `  ${name.padEnd(22)}${target}${choice === undefined ? '' : ` with ${(choice.format.features ?? []).join(',')}`}`).join('\n')}

A state is what the device may hold after a power cut: everything that a flush or FUA covers, and of what was written since
the last flush any part, down to single sectors of 512 or 4096 bytes; one of twelve is cut again while it is recovered from. One
program in three does not wait for its fsync, fdatasync, sync and syncfs: the next call begins while they are under way (not on a kernel). What may be found then is
written down in model/durability/rules.ts, rule by rule with its source.

Examples:
  twinpath crash                                      every mode for a minute
  twinpath crash --modes iomap,iomap-fast_commit --seconds 3600
  twinpath crash --states 10000 --seed 7 --block-size 1024
  twinpath crash --fault jbd2-commit-without-flush    a planted bug
  twinpath crash --target uml --seconds 600           the kernel of a User-Mode Linux: what it writes is recorded (dm-log-writes),
                                                      (every mode but fast_commit, which Linux is known to get wrong)
                                                      recovered by us, by e2fsck and by the kernel, and judged by the same rules

Exit code: 0 when all held, 1 when something was found, 2 when it could not run or could not judge, 130 when interrupted.`;

/** `twinpath crash`: what a power cut may leave, and what is recovered from it. */
export function addCrash(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  const command = program
    .command('crash')
    .summary('power cuts: every state that one may leave, recovered and judged')
    .description(
      'Runs small programs on a device that records what is written, takes the states that a power cut may leave at any ' +
        'moment, recovers them, and sees that what was acknowledged as durable is there, that names and attributes are those of ' +
        'one moment, that no byte shows that nobody wrote there, and that e2fsck recovers the same and has nothing to say.',
    )
    .option(
      '--target <name>',
      'who runs the programs: impl, or a kernel of its own (uml, uml,kernel=PATH)',
      IMPL,
    )
    .option(
      '--recovery <name>',
      'a kernel that recovers what e2fsck does, too: uml, uml,kernel=PATH (default: that of --target)',
    )
    .option('--modes <names>', 'ways of making and mounting, separated by commas')
    .addOption(blockSizeOption())
    .option('--states <n>', 'end after so many states', wholeNumber(1, 1e12), NEVER_ENDING)
    .option('--states-per-program <n>', 'at most', wholeNumber(1, 1e6), USUAL_CRASHES.statesPerProgram)
    .option(
      '--e2fsck-every <n>',
      'e2fsck recovers and checks one state in so many (without a journal: each)',
      wholeNumber(1, 1e9),
      USUAL_CRASHES.e2fsckEvery,
    )
    .option('--programs <n>', 'end after so many programs', wholeNumber(1, 1e9), NEVER_ENDING)
    .option('--seed <n>', 'where randomness starts', wholeNumber(-(2 ** 31), 2 ** 31 - 1))
    .option('--seconds <n>', 'end after so much time', positiveNumber(1e7), DEFAULT_SECONDS)
    .option('--shrink-seconds <n>', 'for each failure', positiveNumber(1e7), DEFAULT_SHRINK_SECONDS)
    .option(
      '--hang-seconds <n>',
      'a state that takes so long is a finding',
      positiveNumber(1e6),
      DEFAULT_HANG_SECONDS,
    )
    .option('--memory-mb <n>', 'more memory than this is a finding', wholeNumber(256, 1e6), DEFAULT_MEMORY_MB)
    .option('--fault <name>', 'switch a planted bug on; may be repeated', collected, [])
    .option('--results <folder>', 'where runs are kept', 'twinpath-results')
    .option('--no-e2fsck', 'do not check images');
  withOutputOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (options: CrashCommandOptions) =>
      exit(await said(options, terminal, (teller) => crash(options, teller))),
    );
}

async function crash(options: CrashCommandOptions, terminal: Terminal): Promise<number> {
  checkFaults(options.fault);
  if (options.target !== IMPL) checkRecorder(options.target);
  if (options.recovery !== undefined) checkRecorder(options.recovery);
  const plan = planOf(options);
  const e2fsck = await wantsE2fsck(options.e2fsck);
  const workspace = await openWorkspace();
  try {
    const folder = RunFolder.create(options.results, 'crash', new Date());
    const run = beginRun(folder, {
      verb: 'crash',
      seed: plan.seed,
      targets: plan.modes,
      faults: plan.faults,
      again: againCommand(options, plan),
      options: plan,
      e2fsck: e2fsck ? ((await E2fsck.find())?.version ?? null) : null,
    });
    const end = await new CrashCampaign(terminal, options, folder, workspace.path, e2fsck).go(plan);
    await concludeRun({ folder, terminal, json: options.json }, run, end);
    return end.exitCode;
  } finally {
    await workspace.remove();
  }
}

/** Without e2fsck no state is looked at by others than ourselves. */
function recoveredBy({ target, recovery, e2fsck }: CrashCommandOptions): Pick<CrashPlan, 'recoveredBy'> {
  const name = recovery ?? target;
  return name === IMPL || !e2fsck ? {} : { recoveredBy: name };
}

/** Only what changes which programs and states are examined. */
function againCommand(options: CrashCommandOptions, { seed, faults }: CrashPlan): string {
  const { target, recovery, modes, blockSize, statesPerProgram, e2fsckEvery, seconds } = options;
  const words = Object.entries({
    target: target === IMPL ? undefined : target,
    recovery,
    modes,
    'block-size': blockSize,
    'states-per-program': statesPerProgram,
    'e2fsck-every': e2fsckEvery,
    seconds,
  }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]));
  return ['twinpath crash', `--seed ${seed}`, ...words, ...faults.map((name) => `--fault ${name}`)].join(' ');
}

const planOf = (options: CrashCommandOptions): CrashPlan => ({
  seed: options.seed ?? randomInt(2 ** 31 - 1),
  modes: modesNamed(options.modes, options.target),
  ...(options.target !== IMPL && { recordedOn: options.target }),
  ...recoveredBy(options),
  blockSizes: options.blockSize === undefined ? USUAL_CRASHES.blockSizes : [options.blockSize],
  faults: options.fault,
  statesPerProgram: options.statesPerProgram,
  e2fsckEvery: options.e2fsckEvery,
  programs: options.programs,
});

/** Those of a kernel are those of the path that it is on. */
function modesNamed(names: string | undefined, target: string): readonly string[] {
  const path = isOnIomap(target) ? 'impl:iomap' : 'impl:buffer_head';
  const known = CRASH_MODES.filter((mode) => target === IMPL || mode.target === path).map(({ name }) => name);
  // Linux loses what it has acknowledged there (reports/kernel-findings/fast-commit-blocks-in-flight-at-the-flush.md).
  if (names === undefined) return target === IMPL ? known : known.filter((name) => name !== 'fast_commit');
  return names.split(',').map((word) => {
    if (known.includes(word.trim())) return word.trim();
    throw new UsageError(`there is no mode ${word}; there are ${known.join(', ')}`);
  });
}
