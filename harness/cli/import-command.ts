import { Option, type Command } from 'commander';
import { readFileSync, writeFileSync } from 'node:fs';
import { newCase, writeCase } from '../case.ts';
import type { Imported } from '../import/program.ts';
import { BLOCK_SIZES, DEFAULT_SETUP, type BlockSize } from '../setup.ts';
import { positiveNumber } from './numbers.ts';
import { ONE_OUTPUT } from './output-options.ts';
import { EXIT, UsageError, type Terminal } from './terminal.ts';

interface ImportOptions {
  from: 'fsx' | 'xfs_io';
  output?: string;
  blockSize: string;
  maxLength: number;
  targets: string;
  partial: boolean;
  json: boolean;
}

const USUAL_LENGTH = 262_144;

/** Large enough for what fsx does by default, and for its journal. */
const DEVICE_BYTES = 64 << 20;

const EXAMPLES = `
Files of fsx are ops files (--record-ops) or the log that fsx prints when it finds something; fsx does not write down the bytes, so
each write gets bytes of its own. Lists of xfs_io have a command on each line, or whole command lines with -c.

Examples:
  twinpath import junk.fsxops --from fsx                  writes junk.fsxops.case.json
  twinpath import test.sh --from xfs_io --partial         what twinpath cannot say is left out, and named
  twinpath replay junk.fsxops.case.json

Exit code: 0 when a case was written, 2 when it could not be.`;

/** `twinpath import`: programs of fsx and xfs_io as cases. */
export function addImport(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('import')
    .summary('makes a case of a program of fsx or xfs_io')
    .description('Makes a case file of an ops file or a log of fsx, or of a list of commands of xfs_io.')
    .argument('<file>', 'the program')
    .addOption(
      new Option('--from <what>', 'whose program it is').choices(['fsx', 'xfs_io']).makeOptionMandatory(),
    )
    .option('--output <file>', 'where the case goes, - for standard output (default: <file>.case.json)')
    .addOption(
      new Option('--block-size <bytes>', 'of the file system; fsx rounds to it')
        .choices(BLOCK_SIZES.map(String))
        .default('4096'),
    )
    .option('--max-length <bytes>', 'of fsx: its -l', positiveNumber(2 ** 31), USUAL_LENGTH)
    .option('--targets <names>', 'targets of the case, with commas between', 'impl:buffer_head,impl:iomap')
    .option('--partial', 'leave out what twinpath cannot say', false)
    .option('--json', 'print what was made as JSON', false)
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: ImportOptions) => exit(await importCase(file, options, terminal)));
}

async function importCase(file: string, options: ImportOptions, terminal: Terminal): Promise<number> {
  const blockSize = Number(options.blockSize) as BlockSize;
  const { operations, untold } = await programIn(file, options, blockSize);
  const lines = untold.map(({ line, why }) => `  line ${line}: ${why}`);
  if (untold.length > 0 && !options.partial)
    throw new UsageError(
      `${file}: twinpath cannot say all of it:\n${lines.join('\n')}\n--partial leaves that out`,
    );
  const text = writeCase(
    newCase({
      setup: { ...DEFAULT_SETUP, blockSize, sizeBytes: DEVICE_BYTES },
      targets: options.targets.split(','),
      faults: [],
      origin: { seed: null, run: null, note: `imported from ${options.from}` },
      failure: null,
      operations,
    }),
  );
  if (options.output === '-') {
    if (options.json) throw new UsageError(ONE_OUTPUT);
    terminal.out(text);
    return EXIT.held;
  }
  const output = options.output ?? `${file}.case.json`;
  writeFileSync(output, text);
  const left = untold.length === 0 ? '' : `left out:\n${lines.join('\n')}\n`;
  terminal.out(
    options.json
      ? `${JSON.stringify({ case: output, operations: operations.length, leftOut: untold }, null, 2)}\n`
      : `${output}\n  ${operations.length} operations\n${left}  replay  twinpath replay ${output}\n`,
  );
  return EXIT.held;
}

async function programIn(
  file: string,
  { from, maxLength }: ImportOptions,
  blockSize: number,
): Promise<Imported> {
  const { ImportError } = await import('../import/program.ts');
  const text = textOf(file);
  try {
    if (from === 'xfs_io') return (await import('../import/xfs-io-commands.ts')).xfsIoProgram(text);
    const [{ isFsxLog, readFsxLog }, { readFsxOps }, { fsxProgram }] = await Promise.all([
      import('../import/fsx-log.ts'),
      import('../import/fsx-ops-file.ts'),
      import('../import/fsx-program.ts'),
    ]);
    const entries = isFsxLog(text) ? readFsxLog(text) : readFsxOps(text);
    if (entries.length === 0) throw new UsageError(`${file}: no operation of fsx in it`);
    return fsxProgram(entries, { maxLength, blockSize });
  } catch (error) {
    if (error instanceof ImportError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
