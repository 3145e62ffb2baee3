import type { Command } from 'commander';
import { checkTree } from '../image/own-check.ts';
import { findProgram, run } from '../process.ts';
import { printable } from './image-listing.ts';
import { withView } from './image-look-commands.ts';
import { plural } from './numbers.ts';
import { StatusLine } from './status-line.ts';
import { EXIT, UsageError, type Terminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  twinpath image fsck disk.img

e2fsck -fn of the system looks first, then twinpath walks the tree with its own ext4; nothing is repaired.
Exit code: 0 when both are content, 1 when not, 2 when one of them could not look.`;

const TIMEOUT_MS = 600_000;

export function addImageFsck(image: Command, terminal: Terminal, exit: (code: number) => void): void {
  image
    .command('fsck')
    .summary("checks an image with the system's e2fsck and with twinpath's own eyes")
    .description(
      "Checks an image with the system's e2fsck -fn, and by walking its whole tree; repairs nothing.",
    )
    .argument('<image>', 'an image file')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string) => exit(await fsck(file, terminal)));
}

async function fsck(file: string, terminal: Terminal): Promise<number> {
  const theirs = await byE2fsck(file, terminal);
  const ours = await byOurselves(file, terminal);
  return Math.max(theirs, ours);
}

async function byE2fsck(file: string, terminal: Terminal): Promise<number> {
  const program = findProgram('e2fsck');
  if (program === null) {
    terminal.out('e2fsck    unknown: it is not installed\n');
    return EXIT.impossible;
  }
  // A name that begins with a hyphen is no option.
  const path = file.startsWith('-') ? `./${file}` : file;
  const { exitCode, stdout, stderr } = await run(program, ['-fn', path], { timeoutMs: TIMEOUT_MS });
  terminal.out(`${[stderr, stdout].filter((text) => text !== '').join('\n')}\n`);
  terminal.out(`e2fsck    exit code ${exitCode ?? 'none: it was killed'}\n`);
  // 4: errors left uncorrected; 8 and more: it could not look.
  if (exitCode === null || exitCode >= 8) return EXIT.impossible;
  return exitCode === 0 ? EXIT.held : EXIT.found;
}

async function byOurselves(file: string, terminal: Terminal): Promise<number> {
  const status = new StatusLine(terminal);
  try {
    return await withView(file, (view) => {
      let seen = 0;
      const { entries, findings } = checkTree(view, () => {
        if (++seen % 1000 === 0) status.show(plural(seen, 'name'));
      });
      status.clear();
      for (const finding of findings) terminal.out(`twinpath  ${printable(finding)}\n`);
      terminal.out(`twinpath  ${plural(entries, 'name')}, ${plural(findings.length, 'finding')}\n`);
      return findings.length === 0 ? EXIT.held : EXIT.found;
    });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.out(`twinpath  cannot look: ${error.message}\n`);
    return EXIT.impossible;
  }
}
