import type { Command } from 'commander';
import type { Finding, Message } from '../job.ts';
import { supervise } from '../supervise.ts';
import { openWorkspace } from '../workspace.ts';
import { loadCase, wantsE2fsck } from './case-file.ts';
import { targetsToRun } from './case-targets.ts';
import { interruptible, STOPPING } from './interrupt.ts';
import { plural, positiveNumber } from './numbers.ts';
import { crashIn, shrinkSavedCrash } from './crash-case-file.ts';
import { raceIn, shrinkSavedRace } from './race-case-file.ts';
import { replayCommand } from './case-commands.ts';
import { StatusLine } from './status-line.ts';
import { collected } from './option-values.ts';
import { tellShrunk } from './shrink-answer.ts';
import { findingLines } from './summary.ts';
import { UsageError, type Terminal } from './terminal.ts';

interface ShrinkOptions {
  output?: string;
  target: readonly string[];
  json: boolean;
  e2fsck: boolean;
  seconds: number;
  hangSeconds: number;
}

const DEFAULT_SECONDS = 60;
const RUNS_MAX = 1_000_000;

const EXAMPLES = `
Examples:
  twinpath shrink case.json                    writes case.small.json
  twinpath shrink case.json --output tiny.json --seconds 300

Exit code: 1 when the case fails (and was made as small as it gets), 0 when it fails no more, 2 when it could not run.`;

/** `twinpath shrink`: a saved case made smaller. */
export function addShrink(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('shrink')
    .summary('makes a saved case smaller')
    .description('Looks for a smaller sequence of operations that fails in the same way as a saved case.')
    .argument('<case>', 'a case file')
    .option('--output <file>', 'where the smaller case goes (default: <case>.small.json beside it)')
    .option(
      '--target <name>',
      'run on this target instead of those in the case; may be repeated',
      collected,
      [],
    )
    .option('--seconds <n>', 'how long to try', positiveNumber(1e7), DEFAULT_SECONDS)
    .option('--no-e2fsck', 'do not check images')
    .option('--hang-seconds <n>', 'a target silent for so long hangs', positiveNumber(1e6), 10)
    .option('--json', 'print what came of it as JSON', false)
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, options: ShrinkOptions) => exit(await shrink(path, options, terminal)));
}

async function shrink(path: string, options: ShrinkOptions, terminal: Terminal): Promise<number> {
  const output = options.output ?? `${path.replace(/\.json$/, '')}.small.json`;
  const race = raceIn(path);
  if (race !== null) return await shrinkSavedRace(race, { ...options, output }, terminal);
  const crash = crashIn(path);
  if (crash !== null) return await shrinkSavedCrash(crash, { ...options, output }, terminal);
  const saved = loadCase(path);
  const targets = targetsToRun(path, saved, options.target);
  const e2fsck = await wantsE2fsck(options.e2fsck);
  const workspace = await openWorkspace();
  const status = new StatusLine(terminal);
  const onMessage = (message: Message): void => {
    if (message.type !== 'shrinking') return;
    status.show(`${plural(message.operations, 'operation')} left after ${plural(message.runs, 'run')}`);
  };
  try {
    const ending = await interruptible(
      (stop) =>
        supervise(
          {
            verb: 'shrink',
            case: { ...saved, targets },
            output,
            budget: { runs: RUNS_MAX, ms: options.seconds * 1000 },
            workspace: workspace.path,
            e2fsck,
          },
          { hangMs: options.hangSeconds * 1000, stop, onMessage },
        ),
      () => status.show(STOPPING, true),
    );
    status.clear();
    if (ending.kind === 'finished' && ending.last.type === 'shrunk')
      return tell(ending.last, { ...options, output, targets }, terminal);
    throw new UsageError(
      `shrinking ended early: a candidate ${ending.kind === 'hang' ? 'hung' : 'broke the thread'}; the smallest case so far is in ${output}`,
    );
  } finally {
    await workspace.remove();
  }
}

function tell(
  { finding, reproduced }: { readonly finding: Finding; readonly reproduced: boolean },
  {
    output,
    targets,
    json,
  }: { readonly output: string; readonly targets: readonly string[]; readonly json: boolean },
  terminal: Terminal,
): number {
  const { failure } = finding.case;
  if (!reproduced || failure === null) return tellShrunk(null, json, terminal);
  const lines = findingLines(finding, { replay: (caseFile) => replayCommand(caseFile, targets) });
  const smaller = {
    output,
    failure,
    from: finding.foundWith,
    operations: finding.case.operations.length,
    report: finding.report,
    text: `${lines.join('\n')}\n`,
  };
  return tellShrunk(smaller, json, terminal);
}
