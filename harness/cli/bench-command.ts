import { Argument, Option, type Command } from 'commander';
import { SUITES } from '../bench/suites.ts';
import { MIXES } from '../job.ts';
import { benchSequences, type SequencesOptions } from './bench-sequences.ts';
import { benchSuite, type SuiteOptions } from './bench-suite.ts';
import { positiveNumber, seedNumber, wholeNumber } from './numbers.ts';
import { everyTarget } from './option-values.ts';
import { said, withOutputOptions } from './output-options.ts';
import type { Terminal } from './terminal.ts';

const OPERATIONS_MAX = 10_000;

/** What is measured when nothing is named. */
const SEQUENCES = 'sequences';

const EXAMPLES = `
Suites:
  ${SEQUENCES.padEnd(10)} sequences of a campaign, or the mix of fsx, through the model and the targets, without e2fsck
${SUITES.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join('\n')}

Examples:
  taskset -c 0 twinpath bench                  sequences, on one core
  taskset -c 0 twinpath bench paths            the patch series' table and more, beside memory that is only copied
  twinpath bench paths --only "buffered 65536" one row of it: calls of 64 KiB
  twinpath bench metadata --files 10000        files by the ten thousand instead of the hundred thousand
  twinpath bench --seconds 3600                does memory grow within an hour?
  twinpath bench --targets loop --mix fsx --operations 5000
                                               what fsx does, on this kernel, to be put beside fsx

Sequences: an operation counts once, however many targets perform it. Generation, mount, comparisons, sync and unmount are in the
rates, e2fsck is not. With --mix fsx an operation is one of fsx's, which may be several of ours. The first windows are mostly the
engine's compiler at work.
Other suites: everybody takes turns, round by round. What is told are medians, and how far the quartiles lie from them. A share of
memcpy is what Uint8Array.set() does in the same minute, between the same arrays; of what grows everybody is told as a multiple of the
smallest. Everything is kept in bench.jsonl, one measurement a line.

Exit code: 0 when it ran, 1 when a sequence failed, 2 when it could not run or could not judge.`;

/** `twinpath bench`: how fast it all is. */
export function addBench(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  const command = program
    .command('bench')
    .summary('measures how fast both paths and the tool itself are')
    .description(
      'Measures sequences or one of the suites below, in the thread that campaigns have. Nothing is asserted of times.',
    )
    .addArgument(
      new Argument('[suite]', 'what is measured')
        .choices([SEQUENCES, ...SUITES.map(({ name }) => name)])
        .default(SEQUENCES),
    )
    .option('--seed <n>', 'where sequences come from', seedNumber, 1)
    .option('--results <folder>', 'where runs are kept', 'twinpath-results')
    .option('--seconds <n>', 'sequences: how long', positiveNumber(1e6), 60)
    .option('--operations <n>', 'sequences: operations of one, at most', wholeNumber(1, OPERATIONS_MAX), 60)
    .option('--targets <names>', 'sequences: what runs beside the model, separated by commas', everyTarget())
    .addOption(new Option('--mix <name>', 'sequences: what is run').choices(MIXES).default('campaign'))
    .option('--only <text>', 'suites: only what has this in its name')
    .option('--repetitions <n>', 'suites: rounds that count', wholeNumber(1, 10_000), 9)
    .option('--warm-up <seconds>', 'suites: rounds before that are left out', positiveNumber(1e6), 1)
    .option('--file-mib <n>', 'paths: size of the file', positiveNumber(1 << 12), 64)
    .option(
      '--files <n>',
      'metadata: how many; growth: up to how many files and operations',
      wholeNumber(1, 10_000_000),
      100_000,
    )
    .option('--sequences <n>', 'harness: how many in a round', wholeNumber(1, 100_000), 150);
  withOutputOptions(command, 'what was measured')
    .addHelpText('after', EXAMPLES)
    .action(async (suite: string, options: SequencesOptions & SuiteOptions) =>
      exit(
        await said(options, terminal, (teller) =>
          suite === SEQUENCES ? benchSequences(options, teller) : benchSuite(suite, options, teller),
        ),
      ),
    );
}
