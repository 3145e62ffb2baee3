import type { Command } from 'commander';
import { ImageError, ImageOverlay } from '../image-overlay.ts';
import type { ImageView } from '../image-view.ts';
import { viewImage } from '../targets/typescript/image-viewer.ts';
import { factsText, listingText, printable, type Listed } from './image-listing.ts';
import { EXIT, UsageError, type Terminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  twinpath image info disk.img
  twinpath image ls disk.img /etc
  twinpath image cat disk.img /etc/hostname > hostname

The image is opened for reading only. A log that needs recovery is replayed in memory.
Exit code: 0 when it could be shown, 2 when it could not.`;

const INFO_EXAMPLES = `
Examples:
  twinpath image info disk.img
  twinpath image info --json disk.img`;

const LS_EXAMPLES = `
Examples:
  twinpath image ls disk.img              the root directory
  twinpath image ls disk.img /etc/        a directory, also through a symbolic link
  twinpath image ls disk.img /etc/passwd  one file

Type and mode, links, uid, gid, bytes, time of change in UTC, name, and where a symbolic link points to.
In names, control characters and bytes that are no UTF-8 are shown as \\xNN, and a backslash as two.`;

const CAT_EXAMPLES = `
Examples:
  twinpath image cat disk.img /etc/hostname
  twinpath image cat disk.img /bin/true > true`;

type Exit = (code: number) => void;

/** `twinpath image`: looks into an image without mounting it in the kernel. */
export function addImage(program: Command, terminal: Terminal, exit: Exit): void {
  const image = program
    .command('image')
    .summary('looks into an ext4 image file, through the ext4 of twinpath')
    .description('Looks into an ext4 image file through the ext4 of twinpath; the file is never written.')
    .addHelpText('after', EXAMPLES);
  image
    .command('info')
    .summary('features, sizes, what is free, the state')
    .description('Tells what an ext4 image is: features, sizes, what is free, its state and its journal.')
    .argument('<image>', 'an image file')
    .option('--json', 'print it as JSON', false)
    .addHelpText('after', INFO_EXAMPLES)
    .action(async (file: string, { json }: { json: boolean }) =>
      exit(await withView(file, (view) => info(view, json, terminal))),
    );
  image
    .command('ls')
    .summary('lists a directory')
    .description('Lists a directory of an image, or one file, a line for each as `ls -ln` does.')
    .argument('<image>', 'an image file')
    .argument('[path]', 'a path in the image', '/')
    .addHelpText('after', LS_EXAMPLES)
    .action(async (file: string, path: string) =>
      exit(await withView(file, (view) => list(view, file, path, terminal))),
    );
  image
    .command('cat')
    .summary("writes a file's bytes to standard output")
    .description("Writes the bytes of an image's file to standard output, as they are.")
    .argument('<image>', 'an image file')
    .argument('<path>', 'a path in the image')
    .addHelpText('after', CAT_EXAMPLES)
    .action(async (file: string, path: string) =>
      exit(
        await withView(file, async (view) => {
          for (const piece of view.content(path)) await terminal.bytes(piece);
          return EXIT.held;
        }),
      ),
    );
}

/** What goes wrong with an image is told with its name, and is the user's to mend. */
async function withView(file: string, look: (view: ImageView) => Promise<number> | number): Promise<number> {
  try {
    const overlay = ImageOverlay.open(file);
    try {
      return await look(viewImage(overlay));
    } finally {
      overlay.close();
    }
  } catch (error) {
    if (error instanceof ImageError) throw new UsageError(`${file}: ${printable(error.message)}`);
    throw error;
  }
}

function info(view: ImageView, json: boolean, terminal: Terminal): number {
  const facts = view.facts();
  terminal.out(json ? `${JSON.stringify(facts, null, 2)}\n` : factsText(facts));
  return EXIT.held;
}

/** What cannot be shown is told, and the rest is shown all the same, as ls(1) does. */
function list(view: ImageView, file: string, path: string, terminal: Terminal): number {
  const itself = view.entry(path);
  if (itself.type !== 'directory') {
    terminal.out(listingText([{ name: path, entry: itself }]));
    return EXIT.held;
  }
  const listed: Listed[] = [];
  let code: number = EXIT.held;
  for (const name of view.names(path)) {
    try {
      listed.push({ name, entry: view.entry(`${path}/${name}`) });
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      terminal.err(`twinpath: ${file}: ${printable(error.message)}\n`);
      code = EXIT.impossible;
    }
  }
  terminal.out(listingText(listed));
  return code;
}
