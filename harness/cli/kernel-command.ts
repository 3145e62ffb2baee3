import type { Command } from 'commander';
import type { SetupMount } from '../setup.ts';
import { targetsNamed } from '../targets/all.ts';
import { runCampaign, withCampaignOptions, type CampaignOptions } from './campaign-command.ts';
import { collected } from './option-values.ts';
import { UsageError, type Terminal } from './terminal.ts';

interface KernelOptions extends CampaignOptions {
  target: string[];
  atime: string;
}

/**
 * Formats that a kernel may be built without: mounting projects needs CONFIG_QFMT_V2, and there is no word of it elsewhere
 * than in the kernel's log. `--features project` asks for them all the same.
 */
const WITHOUT = ['project'];

const ATIMES: readonly SetupMount['atime'][] = ['noatime', 'relatime'];

const EXAMPLES = `
Targets, any number of them, each behind a --target of its own:
  loop                          an image of mke2fs, loop-mounted on the kernel that runs here (root)
  loop,options=nodelalloc:sync  the same with more mount options, separated by colons
  dir:PATH                      a directory of any mounted file system; works in a fresh sub-directory of it, and
                                as the user that you are
  loop,fs=xfs                   another file system, for what it promises the same as ext4; btrfs as well
  uml                           the same as loop in a User-Mode Linux: any user, and a crash costs one sequence
  uml,kernel=PATH               a User-Mode Linux of your own instead of Debian's package
  vm                            the same in a virtual machine of qemu, with the newest kernel that ./run has fetched or
                                that is installed in /boot; slow where the processor does not virtualize
  vm,kernel=PATH                a bzImage of your own; its modules, where it has any, are in lib/modules beside its folder
  command:PROGRAM WORDS         a file system of your own that speaks the guest protocol (docs/guest-protocol.md)
  impl:buffer_head, impl:iomap  the TypeScript ext4, in step with the others
  model                         always there; naming it changes nothing

Examples:
  twinpath kernel                                     the model against this kernel
  twinpath kernel --target loop --target impl:iomap   and the TypeScript ext4 beside it
  twinpath kernel --target loop --target uml,fs=xfs   ext4 here beside xfs in a User-Mode Linux
  twinpath kernel --fsck 10 --seconds 600             e2fsck on the images of each tenth sequence
  twinpath kernel --atime relatime --seconds 600      access times, one operation a tick of the clock

Exit code: 0 when all held, 1 when something was found, 2 when it could not run or could not judge.`;

/** `twinpath kernel`: the sequences of `check` on real kernels. */
export function addKernel(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  const command = program
    .command('kernel')
    .summary('random sequences on the model and a real kernel')
    .description(
      'Runs the random sequences of check on the reference model and on real kernels in step, compares each answer ' +
        'and the whole tree, lets e2fsck (xfs_repair -n, btrfs check) look at the images, and makes what fails small.',
    )
    .option('--target <name>', 'a target; may be given more than once (default: loop)', collected, [])
    .option('--atime <option>', `the mount option: ${ATIMES.join(' or ')}`, 'noatime');
  withCampaignOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (options: KernelOptions) => exit(await kernel(options, terminal)));
}

async function kernel(options: KernelOptions, terminal: Terminal): Promise<number> {
  const atime = ATIMES.find((one) => one === options.atime);
  if (atime === undefined) throw new UsageError(`--atime is ${ATIMES.join(' or ')}, not ${options.atime}`);
  const named = options.target.filter((name) => name !== 'model');
  const targets = targetsNamed(named.length === 0 ? ['loop'] : named).map(({ name }) => name);
  const words = [...targets.map((name) => `--target ${name}`), `--atime ${atime}`];
  return runCampaign(
    { verb: 'kernel', targets, limits: { atime, without: WITHOUT }, words },
    options,
    terminal,
  );
}
