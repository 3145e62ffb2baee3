import { Option, type Command } from 'commander';
import { randomInt } from 'node:crypto';
import type { GenerationLimits } from '../generate-sequence.ts';
import { E2fsck } from '../e2fsck.ts';
import { RunFolder } from '../run-folder.ts';
import type { BlockSize } from '../setup.ts';
import { openWorkspace } from '../workspace.ts';
import { checkFaults, wantsE2fsck } from './case-file.ts';
import { CheckRun } from './check-run.ts';
import { blockSizeOption, featuresOption, formatOf, inodeSizeOption } from './format-options.ts';
import { positiveNumber, seedNumber, wholeNumber } from './numbers.ts';
import { collected } from './option-values.ts';
import { said, withOutputOptions } from './output-options.ts';
import { replayCommand } from './case-commands.ts';
import { beginRun, concludeRun } from './run-end.ts';
import { checkEnd } from './run-records.ts';
import type { RunFacts } from './summary.ts';
import type { Terminal } from './terminal.ts';
import { packageVersion } from '../version.ts';

/** What every verb that runs random sequences may be told. */
export interface CampaignOptions {
  seed?: number;
  runs?: number;
  seconds?: number;
  operations: number;
  blockSize?: BlockSize;
  features?: string[];
  inodeSize?: number;
  fault: string[];
  failures: number;
  results: string;
  e2fsck: boolean;
  fsck: number;
  shrink: boolean;
  shrinkSeconds: number;
  hangSeconds: number;
  json: boolean;
  quiet: boolean;
}

/** With time for shrinking what is found, the whole stays well below a minute. */
export const DEFAULT_SECONDS = 25;
const DEFAULT_SHRINK_SECONDS = 15;
const DEFAULT_OPERATIONS = 60;
const DEFAULT_HANG_SECONDS = 10;
const SHRINK_RUNS_MAX = 20_000;

/** Adds those options to a command. */
export function withCampaignOptions(command: Command): Command {
  const common = command
    .option('--seed <n>', 'where randomness starts; printed when not given', seedNumber)
    .option('--runs <n>', 'end after so many sequences', wholeNumber(1, 1e9))
    .option(
      '--seconds <n>',
      `end after so much time (default: ${DEFAULT_SECONDS}, or none with --runs)`,
      positiveNumber(1e7),
    )
    .option(
      '--operations <n>',
      'operations in a sequence, at most, behind what makes a tree deep in some of those of 60 and more',
      wholeNumber(1, 10_000),
      DEFAULT_OPERATIONS,
    )
    .addOption(blockSizeOption())
    .addOption(featuresOption())
    .addOption(inodeSizeOption())
    .option('--failures <n>', 'go on until so many different failures were found', wholeNumber(1, 1000), 1)
    .option('--results <folder>', 'where runs are kept', 'twinpath-results')
    .option('--no-e2fsck', 'do not check images (then nobody knows whether they are sound)')
    .option(
      '--fsck <n>',
      'check the images of each n-th sequence only; all others are taken for sound',
      wholeNumber(1, 1e6),
      1,
    )
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
    .addOption(new Option('--fault <name>', 'plant a bug').argParser(collected).default([]).hideHelp());
  return withOutputOptions(common);
}

/** One verb that runs random sequences: its name, what it runs them on, and which it may draw. */
export interface CampaignRequest {
  readonly verb: 'check' | 'kernel';
  readonly targets: readonly string[];
  readonly limits?: Partial<GenerationLimits>;
  /** Words of the command line that say the same again, beside the common ones. */
  readonly words: readonly string[];
}

/** Runs random sequences as asked; answers the exit code. */
export const runCampaign = (
  request: CampaignRequest,
  options: CampaignOptions,
  terminal: Terminal,
): Promise<number> => said(options, terminal, (teller) => campaign(request, options, teller));

async function campaign(
  { verb, targets, limits, words }: CampaignRequest,
  options: CampaignOptions,
  terminal: Terminal,
): Promise<number> {
  const seed = options.seed ?? randomInt(2 ** 31 - 1);
  checkFaults(options.fault);
  const format = formatOf(options);
  const e2fsck = (await wantsE2fsck(options.e2fsck)) ? await E2fsck.find() : null;
  const workspace = await openWorkspace();
  try {
    const folder = RunFolder.create(options.results, verb, new Date());
    const facts: RunFacts = {
      seed,
      targets,
      runFolder: folder.path,
      e2fsck: e2fsck?.version ?? null,
      again: againCommand(verb, options, seed, words),
      replay: (caseFile) => replayCommand(caseFile, targets),
    };
    const request = {
      verb: 'check' as const,
      plan: {
        seed,
        sequencesMax: options.runs ?? null,
        durationMs: durationMs(options),
        limits: {
          maxOperations: options.operations,
          blockSize: options.blockSize ?? null,
          format,
          ...limits,
        },
        failuresMax: options.failures,
        // So many sequences are to be those that the seed draws.
        ...(options.runs === undefined && { surveys: true as const }),
        checkEvery: options.fsck,
      },
      targets,
      faults: options.fault,
      e2fsck: e2fsck !== null,
      shrink: options.shrink ? { runs: SHRINK_RUNS_MAX, ms: options.shrinkSeconds * 1000 } : null,
      runFolder: folder.path,
      workspace: workspace.path,
      version: packageVersion(),
    };
    const { plan, shrink } = request;
    const run = beginRun(folder, {
      verb,
      seed,
      targets,
      faults: options.fault,
      again: facts.again,
      options: { ...plan, shrink },
      e2fsck: facts.e2fsck,
    });
    const { exitCode, result, findings } = await new CheckRun(terminal, options, facts, folder).go(request);
    const end = checkEnd(result, findings, exitCode, e2fsck !== null);
    await concludeRun({ folder, terminal, json: options.json }, run, end);
    return exitCode;
  } finally {
    await workspace.remove();
  }
}

function durationMs({ runs, seconds: wanted }: CampaignOptions): number | null {
  if (wanted !== undefined) return wanted * 1000;
  return runs === undefined ? DEFAULT_SECONDS * 1000 : null;
}

/** Only what changes which sequences are run: a time would end the run elsewhere on another machine. */
function againCommand(verb: string, options: CampaignOptions, seed: number, more: readonly string[]): string {
  const words = [`twinpath ${verb}`, `--seed ${seed}`];
  if (options.runs !== undefined) words.push(`--runs ${options.runs}`);
  if (options.seconds !== undefined) words.push(`--seconds ${options.seconds}`);
  if (options.operations !== DEFAULT_OPERATIONS) words.push(`--operations ${options.operations}`);
  if (options.blockSize !== undefined) words.push(`--block-size ${options.blockSize}`);
  if (options.features !== undefined) words.push(`--features ${options.features.join(',')}`);
  if (options.inodeSize !== undefined) words.push(`--inode-size ${options.inodeSize}`);
  words.push(...more);
  for (const fault of options.fault) words.push(`--fault ${fault}`);
  if (!options.e2fsck) words.push('--no-e2fsck');
  if (options.fsck !== 1) words.push(`--fsck ${options.fsck}`);
  return words.join(' ');
}
