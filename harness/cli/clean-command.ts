import type { Command } from 'commander';
import { cleanMounts } from '../mount/dead-mounts.ts';
import { cleanWorkspaces } from '../workspace.ts';
import { plural } from './numbers.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** `twinpath clean`: what runs left behind that were killed. Every run does the same when it starts. */
export function addClean(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('clean')
    .summary('takes away what killed runs left behind')
    .description(
      'Removes the temporary folders of runs that were killed, with guest kernels that still run there and loop ' +
        'devices over files in them, and mounts of `twinpath mount` whose server was killed. Runs and servers that are ' +
        'still going on are left alone, and so are results.',
    )
    .action(async () => {
      const mounts = await cleanMounts();
      for (const mount of mounts) terminal.out(`${mount} had lost its server, and was unmounted\n`);
      terminal.out(`${plural(cleanWorkspaces(), 'abandoned workspace')} removed\n`);
      exit(EXIT.held);
    });
}
