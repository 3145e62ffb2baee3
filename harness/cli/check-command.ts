import { Option, type Command } from 'commander';
import { randomInt } from 'node:crypto';
import { E2fsck } from '../e2fsck.ts';
import { RunFolder } from '../run-folder.ts';
import type { BlockSize } from '../setup.ts';
import { allTargets, targetsNamed } from '../targets/all.ts';
import { openWorkspace } from '../workspace.ts';
import { checkFaults, wantsE2fsck } from './case-file.ts';
import { CheckRun } from './check-run.ts';
import { blockSizeOption, featuresOption, formatOf, inodeSizeOption } from './format-options.ts';
import { positiveNumber, wholeNumber } from './numbers.ts';
import { replayCommand } from './replay-command.ts';
import type { RunFacts } from './summary.ts';
import type { Terminal } from './terminal.ts';
import { packageVersion } from './version.ts';

interface CheckOptions {
  seed?: number;
  runs?: number;
  seconds?: number;
  operations: number;
  targets: string;
  blockSize?: BlockSize;
  features?: string[];
  inodeSize?: number;
  fault: string[];
  failures: number;
  results: string;
  e2fsck: boolean;
  shrink: boolean;
  shrinkSeconds: number;
  hangSeconds: number;
  json: boolean;
}

/** With time for shrinking what is found, the whole stays well below a minute. */
const DEFAULT_SECONDS = 25;
const DEFAULT_SHRINK_SECONDS = 15;
const DEFAULT_OPERATIONS = 60;
const DEFAULT_HANG_SECONDS = 10;
const SHRINK_RUNS_MAX = 20_000;

const EXAMPLES = `
Examples:
  twinpath check                       25 seconds of random sequences, a new seed each time
  twinpath check --seed 7 --runs 100   the same 100 sequences every time
  twinpath check --seconds 3600        for an hour
  twinpath check --targets impl:iomap --block-size 1024

Exit code: 0 when all held, 1 when something was found, 2 when it could not run or could not judge.`;

/** `twinpath check`: the main job. */
export function addCheck(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('check')
    .summary('random sequences on the model and all targets, e2fsck on every image')
    .description(
      'Runs random sequences of operations on the reference model and on every target in step, compares each answer ' +
        'and the whole tree, cuts the power, unmounts, lets e2fsck look at the image, mounts it again through both ' +
        'paths, and makes what fails small.',
    )
    .option(
      '--seed <n>',
      'where randomness starts; printed when not given',
      wholeNumber(-(2 ** 31), 2 ** 31 - 1),
    )
    .option('--runs <n>', 'end after so many sequences', wholeNumber(1, 1e9))
    .option(
      '--seconds <n>',
      `end after so much time (default: ${DEFAULT_SECONDS}, or none with --runs)`,
      positiveNumber(1e7),
    )
    .option(
      '--operations <n>',
      'operations in a sequence, at most',
      wholeNumber(1, 10_000),
      DEFAULT_OPERATIONS,
    )
    .option('--targets <names>', 'targets, separated by commas', allNames().join(','))
    .addOption(blockSizeOption())
    .addOption(featuresOption())
    .addOption(inodeSizeOption())
    .option('--failures <n>', 'go on until so many different failures were found', wholeNumber(1, 1000), 1)
    .option('--results <folder>', 'where runs are kept', 'twinpath-results')
    .option('--no-e2fsck', 'do not check images (then nobody knows whether they are sound)')
    .option('--no-shrink', 'leave failures as they were found')
    .option(
      '--shrink-seconds <n>',
      'how long to shrink each failure',
      positiveNumber(1e6),
      DEFAULT_SHRINK_SECONDS,
    )
    .option(
      '--hang-seconds <n>',
      'a target silent for so long is a finding',
      positiveNumber(1e6),
      DEFAULT_HANG_SECONDS,
    )
    .option('--json', 'print the summary as JSON', false)
    .addOption(new Option('--fault <name>', 'plant a bug').argParser(collect).default([]).hideHelp())
    .addHelpText('after', EXAMPLES)
    .action(async (options: CheckOptions) => exit(await check(options, terminal)));
}

const collect = (value: string, previous: string[]): string[] => [...previous, value];

async function check(options: CheckOptions, terminal: Terminal): Promise<number> {
  const seed = options.seed ?? randomInt(2 ** 31 - 1);
  const targets = namesOf(options.targets);
  checkFaults(options.fault);
  const format = formatOf(options);
  const e2fsck = (await wantsE2fsck(options.e2fsck)) ? await E2fsck.find() : null;
  const workspace = await openWorkspace();
  try {
    const folder = RunFolder.create(options.results, 'check', new Date());
    const facts: RunFacts = {
      seed,
      targets,
      runFolder: folder.path,
      e2fsck: e2fsck?.version ?? null,
      again: againCommand(options, seed),
      replay: replayCommand,
    };
    const request = {
      verb: 'check' as const,
      plan: {
        seed,
        sequencesMax: options.runs ?? null,
        durationMs: durationMs(options),
        limits: { maxOperations: options.operations, blockSize: options.blockSize ?? null, format },
        failuresMax: options.failures,
      },
      targets,
      faults: options.fault,
      e2fsck: e2fsck !== null,
      shrink: options.shrink ? { runs: SHRINK_RUNS_MAX, ms: options.shrinkSeconds * 1000 } : null,
      runFolder: folder.path,
      workspace: workspace.path,
      version: packageVersion(),
    };
    const run = {
      ...request,
      startedAt: new Date().toISOString(),
      e2fsckVersion: facts.e2fsck,
      node: process.version,
    };
    folder.writeRun(run);
    const { exitCode, result } = await new CheckRun(terminal, options, facts, folder).go(request);
    folder.writeRun({ ...run, endedAt: new Date().toISOString(), exitCode, result });
    return exitCode;
  } finally {
    await workspace.remove();
  }
}

/** The names, checked. */
function namesOf(list: string): string[] {
  const names = list.split(',').map((name) => name.trim());
  return targetsNamed(names).map(({ name }) => name);
}

function durationMs({ runs, seconds: wanted }: CheckOptions): number | null {
  if (wanted !== undefined) return wanted * 1000;
  return runs === undefined ? DEFAULT_SECONDS * 1000 : null;
}

/** Only what changes which sequences are run: a time would end the run elsewhere on another machine. */
function againCommand(options: CheckOptions, seed: number): string {
  const words = ['twinpath check', `--seed ${seed}`];
  if (options.runs !== undefined) words.push(`--runs ${options.runs}`);
  if (options.seconds !== undefined) words.push(`--seconds ${options.seconds}`);
  if (options.operations !== DEFAULT_OPERATIONS) words.push(`--operations ${options.operations}`);
  if (options.blockSize !== undefined) words.push(`--block-size ${options.blockSize}`);
  if (options.features !== undefined) words.push(`--features ${options.features.join(',')}`);
  if (options.inodeSize !== undefined) words.push(`--inode-size ${options.inodeSize}`);
  if (options.targets !== allNames().join(',')) words.push(`--targets ${options.targets}`);
  for (const fault of options.fault) words.push(`--fault ${fault}`);
  if (!options.e2fsck) words.push('--no-e2fsck');
  return words.join(' ');
}

const allNames = (): string[] => allTargets().map(({ name }) => name);
