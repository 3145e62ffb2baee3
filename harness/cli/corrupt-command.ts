import type { Command } from 'commander';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  readCorruptionCase,
  CorruptionCaseError,
  type CorruptionCase,
  type ImageRecipe,
} from '../corrupt/corruption-case.ts';
import type { CorruptionPlan } from '../corrupt/corruption-result.ts';
import { allRecipes } from '../corrupt/recipes.ts';
import { RunFolder } from '../run-folder.ts';
import { allTargets, targetsNamed } from '../targets/all.ts';
import { openWorkspace } from '../workspace.ts';
import { CorruptRun } from './corrupt-run.ts';
import { beginRun, concludeRun } from './run-end.ts';
import { positiveNumber, seedNumber, wholeNumber } from './numbers.ts';
import { said, withOutputOptions } from './output-options.ts';
import { UsageError, type Terminal } from './terminal.ts';

interface CorruptOptions {
  seed?: number;
  images: number;
  seconds?: number;
  case?: string;
  folder?: string;
  targets: string;
  results: string;
  hangSeconds: number;
  memoryMb: number;
  json: boolean;
  quiet: boolean;
}

const DEFAULT_IMAGES = 2000;
const DEFAULT_HANG_SECONDS = 20;
const DEFAULT_MEMORY_MB = 2048;

const EXAMPLES = `
Examples:
  twinpath corrupt                            2,000 damaged images, a new seed each time
  twinpath corrupt --images 20000 --seed 7    the same 20,000 images every time
  twinpath corrupt --case case.json           one saved case again
  twinpath corrupt --folder images/           images of other tools: as they are, and damaged further

Exit code: 0 when every answer was a result or a proper error, 1 when not, 2 when it could not run.`;

/** `twinpath corrupt`: damaged images must not harm whoever mounts them. */
export function addCorrupt(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  const command = program
    .command('corrupt')
    .summary('damaged images: no hang, no crash, no answer without a reason')
    .description(
      'Damages images, structure by structure and bit by bit, with and without putting their checksums right; mounts ' +
        'each, walks, reads, writes and unmounts. Every answer must be a result or an error that names what is wrong.',
    )
    .option('--seed <n>', 'where randomness starts', seedNumber)
    .option('--images <n>', 'how many', wholeNumber(1, 1e9), DEFAULT_IMAGES)
    .option('--seconds <n>', 'end after so much time', positiveNumber(1e7))
    .option('--case <file>', 'only this saved case')
    .option('--folder <path>', 'damage the image files in this folder; each is tried undamaged first')
    .option('--targets <names>', 'targets, separated by commas', allNames().join(','))
    .option('--results <folder>', 'where runs are kept', 'twinpath-results')
    .option(
      '--hang-seconds <n>',
      'an image that takes so long is a finding',
      positiveNumber(1e6),
      DEFAULT_HANG_SECONDS,
    )
    .option(
      '--memory-mb <n>',
      'more memory than this is a finding',
      wholeNumber(256, 1e6),
      DEFAULT_MEMORY_MB,
    );
  withOutputOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (options: CorruptOptions) =>
      exit(await said(options, terminal, (teller) => corrupt(options, teller))),
    );
}

const allNames = (): string[] => allTargets().map(({ name }) => name);

async function corrupt(options: CorruptOptions, terminal: Terminal): Promise<number> {
  const plan = planOf(options);
  const workspace = await openWorkspace();
  try {
    const folder = RunFolder.create(options.results, 'corrupt', new Date());
    const { seed, targets } = plan;
    const run = beginRun(folder, {
      verb: 'corrupt',
      seed,
      targets,
      faults: [],
      again: `twinpath corrupt --seed ${seed} --images ${plan.to} --targets ${targets.join(',')}`,
      options: { ...plan, cases: plan.cases?.length ?? null },
      e2fsck: null,
    });
    const end = await new CorruptRun(terminal, options, folder, workspace.path).go(plan);
    await concludeRun({ folder, terminal, json: options.json }, run, end);
    return end.exitCode;
  } finally {
    await workspace.remove();
  }
}

function planOf(options: CorruptOptions): CorruptionPlan {
  const targets = targetsNamed(options.targets.split(',').map((name) => name.trim())).map(({ name }) => name);
  const cases = options.case === undefined ? null : [readCase(options.case)];
  return {
    seed: options.seed ?? randomInt(2 ** 31 - 1),
    from: 0,
    to: cases === null ? options.images : cases.length,
    durationMs: options.seconds === undefined ? null : options.seconds * 1000,
    recipes: options.folder === undefined ? allRecipes() : filesIn(options.folder),
    targets: cases?.map(({ target }) => target) ?? targets,
    cases,
  };
}

function readCase(path: string): CorruptionCase {
  try {
    return readCorruptionCase(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof CorruptionCaseError) throw new UsageError(error.message);
    throw error;
  }
}

function filesIn(folder: string): ImageRecipe[] {
  const files = readdirSync(folder)
    .sort()
    .map((name) => resolve(join(folder, name)))
    .filter((path) => statSync(path).isFile());
  if (files.length === 0) throw new UsageError(`${folder}: there are no files`);
  return files.map((file) => ({ file }));
}
