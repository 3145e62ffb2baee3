import type { Command } from 'commander';
import { ImageError, ImageOverlay } from '../image/image-overlay.ts';
import type { ImageView } from '../image/image-view.ts';
import { viewImage } from '../targets/typescript/image-viewer.ts';
import { namingImage } from './image-errors.ts';
import { factsText, groupsText, listingText, mapText, printable, type Listed } from './image-listing.ts';
import { EXIT, type Terminal } from './terminal.ts';

const INFO_EXAMPLES = `
Examples:
  twinpath image info disk.img
  twinpath image info --groups disk.img   with a line for each block group
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

const MAP_EXAMPLES = `
Examples:
  twinpath image map disk.img /etc/hostname

A line for each extent: blocks of the file, blocks on the device, how many, written or unwritten. Holes are left out.`;

type Exit = (code: number) => void;

/** The verbs that look into an image; the file is opened for reading only. */
export function addLooking(image: Command, terminal: Terminal, exit: Exit): void {
  addInfo(image, terminal, exit);
  addList(image, terminal, exit);
  image
    .command('cat')
    .summary("writes a file's bytes to standard output")
    .description("Writes the bytes of an image's file to standard output, as they are.")
    .argument('<image>', 'an image file')
    .argument('<path>', 'a path in the image')
    .addHelpText('after', CAT_EXAMPLES)
    .action(async (file: string, path: string) =>
      exit(await withView(file, (view) => cat(view, path, terminal))),
    );
  image
    .command('map')
    .summary('where the blocks of a file lie')
    .description('Shows where the blocks of a file or directory lie on the device, as filefrag -v does.')
    .argument('<image>', 'an image file')
    .argument('<path>', 'a path in the image')
    .option('--json', 'print it as JSON', false)
    .addHelpText('after', MAP_EXAMPLES)
    .action(async (file: string, path: string, { json }: { json: boolean }) =>
      exit(await withView(file, (view) => map(view, path, json, terminal))),
    );
}

function addInfo(image: Command, terminal: Terminal, exit: Exit): void {
  image
    .command('info')
    .summary('features, sizes, what is free, the state, groups')
    .description('Tells what an ext4 image is: features, sizes, what is free, its state and its journal.')
    .argument('<image>', 'an image file')
    .option('--groups', 'show the block groups, too', false)
    .option('--json', 'print all of it as JSON', false)
    .addHelpText('after', INFO_EXAMPLES)
    .action(async (file: string, options: { json: boolean; groups: boolean }) =>
      exit(await withView(file, (view) => info(view, options, terminal))),
    );
}

function addList(image: Command, terminal: Terminal, exit: Exit): void {
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
}

/** Looks into an image. What goes wrong is told with its name. */
export function withView(file: string, look: (view: ImageView) => Promise<number> | number): Promise<number> {
  return namingImage(file, async () => {
    const overlay = ImageOverlay.open(file);
    try {
      return await look(viewImage(overlay));
    } finally {
      overlay.close();
    }
  });
}

function info(
  view: ImageView,
  { json, groups }: { readonly json: boolean; readonly groups: boolean },
  terminal: Terminal,
): number {
  const facts = view.facts();
  if (json) terminal.out(`${JSON.stringify(facts, null, 2)}\n`);
  else terminal.out(`${factsText(facts)}${groups ? `\n${groupsText(facts.groups)}` : ''}`);
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

async function cat(view: ImageView, path: string, terminal: Terminal): Promise<number> {
  for (const piece of view.content(path)) await terminal.bytes(piece);
  return EXIT.held;
}

function map(view: ImageView, path: string, json: boolean, terminal: Terminal): number {
  const runs = view.map(path);
  terminal.out(json ? `${JSON.stringify(runs, null, 2)}\n` : mapText(runs));
  return EXIT.held;
}
