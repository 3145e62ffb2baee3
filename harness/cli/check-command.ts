import type { Command } from 'commander';
import { targetsNamed } from '../targets/all.ts';
import { runCampaign, withCampaignOptions, type CampaignOptions } from './campaign-command.ts';
import { everyTarget, namesIn } from './option-values.ts';
import type { Terminal } from './terminal.ts';

type CheckOptions = CampaignOptions & { targets: string };

const EXAMPLES = `
Examples:
  twinpath check                       25 seconds of random sequences, a new seed each time
  twinpath check --seed 7 --runs 100   the same 100 sequences every time
  twinpath check --seconds 3600        for an hour
  twinpath check --targets impl:iomap --block-size 1024
  twinpath check --targets impl:dax    files on a device that is mapped directly, past the page cache

Exit code: 0 when all held, 1 when something was found, 2 when it could not run or could not judge.`;

/** `twinpath check`: the main job. */
export function addCheck(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  const command = program
    .command('check')
    .summary('random sequences on the model and all targets, e2fsck on every image')
    .description(
      'Runs random sequences of operations on the reference model and on every target in step, compares each answer ' +
        'and the whole tree, cuts the power, unmounts, lets e2fsck look at the image, mounts it again through both ' +
        'paths, and makes what fails small.',
    )
    .option('--targets <names>', 'targets, separated by commas', everyTarget());
  withCampaignOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (options: CheckOptions) => exit(await check(options, terminal)));
}

async function check(options: CheckOptions, terminal: Terminal): Promise<number> {
  const targets = targetsNamed(namesIn(options.targets)).map(({ name }) => name);
  const usual = options.targets === everyTarget();
  const words = usual ? [] : [`--targets ${options.targets}`];
  return runCampaign({ verb: 'check', targets, words }, options, terminal);
}
