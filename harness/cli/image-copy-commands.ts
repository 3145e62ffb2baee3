import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { CopyWatch } from '../image/copy-watch.ts';
import { GetTree } from '../image/get-tree.ts';
import { HostCalls } from '../image/host-calls.ts';
import { ImageDisk } from '../image/image-disk.ts';
import { PutTree } from '../image/put-tree.ts';
import { editImage } from '../targets/typescript/image-editor.ts';
import { namingImage } from './image-errors.ts';
import { printable } from './image-listing.ts';
import { withView } from './image-look-commands.ts';
import { interruptible } from './interrupt.ts';
import { grouped, plural, seconds } from './numbers.ts';
import { StatusLine } from './status-line.ts';
import { EXIT, UsageError, type Terminal } from './terminal.ts';

const PUT_EXAMPLES = `
Examples:
  twinpath image put disk.img photos /photos    the contents of a folder into a directory, made if need be
  twinpath image put disk.img notes.txt /       one file into a directory
  twinpath image put disk.img notes.txt /n      one file under another name

Names, modes, owners, times, holes, symbolic and hard links, device nodes, extended attributes and access lists go
along; for attributes there must be a python3.
What is there already stays, unless --force is given. After a Ctrl-C, or a power cut, the image is sound and
holds what was put so far.`;

const GET_EXAMPLES = `
Examples:
  twinpath image get disk.img / everything      a whole tree into a new folder
  twinpath image get disk.img /etc/passwd p     one file

Modes, times, holes, symbolic and hard links go along, owners and device nodes when root does it; fifos, sockets,
extended attributes and access lists, too, when there is a python3. Each thing that cannot be made is told.
Nothing outside the target is touched, whatever names and links the image has, and nothing is overwritten
without --force.`;

type Exit = (code: number) => void;

/** The verbs that copy files between this machine and an image. */
export function addCopying(image: Command, terminal: Terminal, exit: Exit): void {
  image
    .command('put')
    .summary('copies files and folders into an image')
    .description('Copies a file, or the contents of a folder, into an image.')
    .argument('<image>', 'an image file')
    .argument('<source>', 'a file or folder of this machine')
    .argument('[path]', 'where to in the image', '/')
    .option('--force', 'replace what is there already', false)
    .addHelpText('after', PUT_EXAMPLES)
    .action(async (file: string, source: string, path: string, { force }: { force: boolean }) =>
      exit(await put({ file, source, path, force }, terminal)),
    );
  image
    .command('get')
    .summary('copies files and directories out of an image')
    .description('Copies a file, or the contents of a directory, out of an image.')
    .argument('<image>', 'an image file')
    .argument('<path>', 'a path in the image')
    .argument('<target>', 'a new folder or file of this machine')
    .option('--force', 'go into a folder that is there, and replace files in it', false)
    .addHelpText('after', GET_EXAMPLES)
    .action(async (file: string, path: string, target: string, { force }: { force: boolean }) =>
      exit(
        await withView(file, (view) =>
          copying(terminal, (watch, host) => new GetTree(view, watch, force, host).get(path, target)),
        ),
      ),
    );
}

interface PutRequest {
  readonly file: string;
  readonly source: string;
  readonly path: string;
  readonly force: boolean;
}

function put({ file, source, path, force }: PutRequest, terminal: Terminal): Promise<number> {
  if (!existsSync(source)) throw new UsageError(`${source}: no such file or folder`);
  return namingImage(file, async () => {
    const disk = ImageDisk.open(file);
    try {
      const now = Date.now();
      const time = { seconds: Math.floor(now / 1000), nanoseconds: (now % 1000) * 1_000_000 };
      const editor = editImage(disk, time);
      try {
        const from = source.length > 1 ? source.replace(/\/+$/, '') : source;
        return await copying(terminal, (watch, host) =>
          new PutTree(editor, watch, force, host).put(from === '' ? '/' : from, path),
        );
      } finally {
        editor.close();
      }
    } finally {
      disk.close();
    }
  });
}

/** Runs a copy with progress; a Ctrl-C ends it in good order. */
async function copying(
  terminal: Terminal,
  copy: (watch: CopyWatch, host: HostCalls | null) => Promise<void>,
): Promise<number> {
  const status = new StatusLine(terminal);
  const startedAt = performance.now();
  const text = (entries: number, bytes: number): string =>
    `${plural(entries, 'name')}, ${grouped(bytes / 2 ** 20)} MiB, ${seconds(performance.now() - startedAt)}`;
  const copied = await interruptible(
    async (stop) => {
      const watch = new CopyWatch({
        onProgress: ({ entries, bytes }) => status.show(text(entries, bytes)),
        onLeftOut: (path, reason) => {
          status.clear();
          terminal.err(`twinpath: left out ${printable(path)}: ${printable(reason)}\n`);
        },
        onRemark: (remark) => {
          status.clear();
          terminal.err(`twinpath: ${remark}\n`);
        },
        stop,
      });
      const host = HostCalls.start();
      try {
        await copy(watch, host);
      } finally {
        host?.close();
        status.clear();
      }
      return { watch, stopped: stop.aborted };
    },
    () => status.show('stopping…'),
  );
  const { watch, stopped } = copied;
  terminal.err(`${text(watch.entries, watch.bytes)}${stopped ? ', stopped' : ''}\n`);
  if (stopped) return EXIT.interrupted;
  return watch.leftOut > 0 ? EXIT.found : EXIT.held;
}
