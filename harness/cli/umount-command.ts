import type { Command } from 'commander';
import { MountError } from '../mount/mount-error.ts';
import { unmountImage } from '../mount/unmount-image.ts';
import { positiveNumber } from './numbers.ts';
import { EXIT, type Terminal } from './terminal.ts';

interface UmountWords {
  readonly force?: boolean;
  readonly wait: number;
}

const AFTER = `
What umount(8) does as well; but this waits until all is on the disk and the server has ended.
Exit code: 0 when it is unmounted and nobody serves the image any more, 2 otherwise.`;

/** `twinpath umount`: the end of a mount. */
export function addUmount(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('umount')
    .summary('unmounts what twinpath has mounted, and waits until all of it is on the disk')
    .argument('<what>', 'the folder that it is mounted on, or the image file')
    .option('-f, --force', 'also while files are open there; whoever has them gets errors')
    .option('--wait <n>', 'seconds that the server may need to end', positiveNumber(1e6), 60)
    .addHelpText('after', AFTER)
    .action(async (what: string, { force = false, wait }: UmountWords) => {
      try {
        const { mountPoint, source } = await unmountImage(what, { force, waitMs: wait * 1000 });
        terminal.out(`${source} is no longer mounted on ${mountPoint}\n`);
        exit(EXIT.held);
      } catch (error) {
        if (!(error instanceof MountError)) throw error;
        terminal.err(`twinpath: ${error.message}\n`);
        exit(EXIT.impossible);
      }
    });
}
