import { Option, type Command } from 'commander';
import { resolve } from 'node:path';
import { ImageError } from '../image/image-overlay.ts';
import { startInBackground, tellStarter } from '../mount/background.ts';
import { MountError } from '../mount/mount-error.ts';
import { mountImage, type MountWatcher } from '../mount/mount-image.ts';
import { MountOptionError, readMountOptions, type MountChoice } from '../mount/mount-options.ts';
import { interruptible } from './interrupt.ts';
import { EXIT, UsageError, type Terminal } from './terminal.ts';

const EXAMPLES = `
Options of -o, separated by commas:
  buffered_iomap             regular files take the iomap path; without it, buffer_heads
  ro                         nothing is written to the image, not even a log that needs recovery
  nodelalloc, dioread_lock, discard, noatime, strictatime, data=ordered|writeback|journal,
  errors=continue|remount-ro|panic, journal_checksum, noload, resuid=N, resgid=N
                             as in ext4(5)
  allow_other                other users may come in; what each may do there, permissions say
  kernel_cache               the kernel caches files' bytes; else all reads and writes come to twinpath
  suid, dev, noexec          as in mount(8); nosuid and nodev hold unless the contrary is said

Examples:
  twinpath image mkfs disk.img --size 1G
  twinpath mount disk.img /mnt                          until Ctrl-C, or umount in another terminal
  twinpath mount disk.img /mnt -o buffered_iomap,noatime
  twinpath mount --background disk.img /mnt && ls /mnt; twinpath umount /mnt

What is written is on the disk 5 seconds later, as with ext4, or after fsync. After kill -9 the next mount recovers.
sync(2) and syncfs(2), and so sync(1) without a file, do nothing here: Linux does not tell FUSE file systems of them.
Exit code: 0 when it was unmounted and all is on the disk, 1 when something was lost, 2 when it could not be mounted.`;

interface MountWords {
  readonly options: readonly string[];
  readonly background?: true;
  readonly log?: string;
  readonly tellStarter?: true;
}

/** `twinpath mount`: our ext4 as a file system for every program. */
export function addMount(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('mount')
    .summary('mounts an ext4 image through FUSE, so that any program can use it (Linux, root)')
    .description(
      'Mounts an ext4 image on a folder. The ext4 of twinpath serves it, one request after the other; the kernel sees a ' +
        'FUSE file system. Stays in the foreground until it is unmounted, unless --background is said.',
    )
    .argument('<image>', 'an image file')
    .argument('<folder>', 'where it is to be seen')
    .addOption(
      new Option('-o, --options <list>', 'mount options')
        .argParser((list: string, before: readonly string[]) => [...before, list])
        .default([], 'none'),
    )
    .option('-b, --background', 'come back when it is mounted; the server goes on until somebody unmounts')
    .option('--log <file>', 'with --background: what the server says goes there, and nowhere without it')
    .addOption(new Option('--tell-starter', 'what --background starts').hideHelp())
    .addHelpText('after', EXAMPLES)
    .action(async (image: string, folder: string, words: MountWords) => {
      const choice = choiceOf(words);
      if (words.background === true) exit(await start(image, folder, words, terminal));
      else exit(await serve(image, folder, { choice, tells: words.tellStarter === true }, terminal));
    });
}

/** Starts a server that goes on after this process has ended. */
async function start(image: string, folder: string, words: MountWords, terminal: Terminal): Promise<number> {
  const { options, log = null } = words;
  const place = resolve(folder);
  const again = ['mount', '--tell-starter', '-o', options.join(','), '--', resolve(image), place];
  const { pid, code, said } = await interruptible(
    (stop) => startInBackground(again, log === null ? null : resolve(log), stop),
    () => terminal.err('ending\n'),
  );
  terminal.err(said);
  if (pid === null) return code;
  terminal.out(`${image} is mounted on ${place} by process ${pid}; twinpath umount ${folder} ends it\n`);
  return EXIT.held;
}

function choiceOf({ options }: MountWords): MountChoice {
  try {
    return readMountOptions(options);
  } catch (error) {
    if (error instanceof MountOptionError) throw new UsageError(error.message);
    throw error;
  }
}

async function serve(
  image: string,
  folder: string,
  { choice, tells }: { readonly choice: MountChoice; readonly tells: boolean },
  terminal: Terminal,
): Promise<number> {
  const state = { mounted: false };
  const watcher: MountWatcher = {
    mounted(mountPoint) {
      state.mounted = true;
      if (tells) tellStarter();
      else terminal.out(`${image} is mounted on ${mountPoint}; Ctrl-C or umount ends it\n`);
    },
    notice: (words) => terminal.err(`${words}\n`),
  };
  try {
    await interruptible(
      (stop) => mountImage(image, folder, choice, watcher, stop),
      () => terminal.err('unmounting\n'),
    );
    return EXIT.held;
  } catch (error) {
    if (!state.mounted && (error instanceof MountError || error instanceof ImageError)) {
      const what = error instanceof ImageError ? `${image}: ` : '';
      terminal.err(`twinpath: ${what}${error.message}\n`);
      return EXIT.impossible;
    }
    terminal.err(`twinpath: the file system broke: ${describe(error)}\n`);
    return EXIT.found;
  }
}

function describe(error: unknown): string {
  if (error instanceof Error) return error.stack ?? error.message;
  const { errno } = error as { readonly errno?: string };
  return errno === undefined ? String(error) : `not everything is on the disk (${errno})`;
}
