import { type Command, Option } from 'commander';
import { writeFileSync } from 'node:fs';
import type { Form, Written } from '../export/form.ts';
import { operationText } from '../program-text.ts';
import type { Case } from '../case.ts';
import { loadCase } from './case-file.ts';
import { ONE_OUTPUT } from './output-options.ts';
import { EXIT, UsageError, type Terminal } from './terminal.ts';

interface ExportOptions {
  as: string;
  output?: string;
  partial: boolean;
  json: boolean;
}

/** Named here, so that --help costs nothing; the test of the command holds them against the forms. */
export const FORM_NAMES = ['c', 'sh', 'fstests', 'xfs_io', 'fsx', 'vitest'] as const;

const FORMS_TEXT = `
Forms:
  c        a C program without dependencies: makes every call and says which answer is wrong
  sh       a script of xfs_io and coreutils that makes, mounts and checks the file system (root)
  fstests  a test for xfstests with its .out
  xfs_io   commands of xfs_io for one file; they check nothing
  fsx      an ops file for fsx --replay-ops: one file, bytes of fsx's own
  vitest   a regression test with the library of twinpath

Examples:
  twinpath export case.json --as c                     writes case.c beside it
  twinpath export case.json --as sh --output - | less
  twinpath export case.json --as fsx --partial         what fsx cannot say stands in comments

Exit code: 0 when it was written, 2 when the case could not be read or the form cannot express it.`;

/** `twinpath export`: a saved case for people without twinpath. */
export function addExport(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('export')
    .summary('writes a saved case as a C program, a script, a test of xfstests, …')
    .description('Writes a saved case in a form that a kernel developer can run without twinpath.')
    .argument('<case>', 'a case file')
    .addOption(new Option('--as <form>', 'the form').choices(FORM_NAMES).makeOptionMandatory())
    .option('--output <file>', 'where it goes, - for standard output (default: beside the case)')
    .option(
      '--partial',
      'write what the form can express, with a comment for each operation that it cannot',
      false,
    )
    .option('--json', 'print what was written as JSON', false)
    .addHelpText('after', FORMS_TEXT)
    .action(async (path: string, options: ExportOptions) => exit(await exportCase(path, options, terminal)));
}

async function exportCase(path: string, options: ExportOptions, terminal: Terminal): Promise<number> {
  const saved = loadCase(path);
  if (saved.setup.trouble !== undefined)
    throw new UsageError(`${path}: no form can make a device fail; twinpath replay does`);
  const [{ FORMS }, { reproductionOf }] = await Promise.all([
    import('../export/forms.ts'),
    import('../export/reproduction.ts'),
  ]);
  const form = FORMS.find(({ name }) => name === options.as);
  if (form === undefined) throw new UsageError(`there is no form ${options.as}`);
  const written = form.write(reproductionOf(saved));
  if (written.obstacles.length > 0 && !options.partial)
    throw new UsageError(refusal(path, saved, form, written));
  if (options.output === '-') {
    if (options.json) throw new UsageError(ONE_OUTPUT);
    terminal.out(written.text);
    return EXIT.held;
  }
  const file = options.output ?? `${path.replace(/\.json$/, '')}.${form.extension}`;
  writeFileSync(file, written.text);
  for (const [extension, text] of Object.entries(written.beside ?? {}))
    writeFileSync(`${file}.${extension}`, text);
  const run = form.usage(file);
  const { obstacles } = written;
  terminal.out(
    options.json
      ? `${JSON.stringify({ file, form: form.name, run, obstacles }, null, 2)}\n`
      : `${file}\n${summaryOf(written)}  run  ${run}\n`,
  );
  return EXIT.held;
}

function summaryOf({ obstacles }: Written): string {
  if (obstacles.length === 0) return '';
  return `  ${obstacles.length} of the operations are not in it: comments say which and why\n`;
}

function refusal(path: string, { operations }: Case, { name }: Form, { obstacles }: Written): string {
  const lines = obstacles.map(({ step, why }) => {
    const operation = step === null ? undefined : operations[step];
    return operation === undefined ? `  ${why}` : `  ${(step ?? 0) + 1}  ${operationText(operation)}: ${why}`;
  });
  const ways = '--partial writes the rest; --as c can express everything';
  return `${path}: ${name} cannot express the case:\n${lines.join('\n')}\n${ways}`;
}
