import { Option, type Command } from 'commander';
import { join } from 'node:path';
import { writeAtomically } from '../atomic-file.ts';
import { RunError, runJsonSchema } from '../run-record.ts';
import { runsIn } from '../stored-run.ts';
import { interruptible } from './interrupt.ts';
import { wholeNumber } from './numbers.ts';
import { REPORT_FORMATS, type ReportFormat } from './report-formats.ts';
import { EXIT, UsageError, type Terminal } from './terminal.ts';

interface ReportOptions {
  results: string;
  format?: ReportFormat;
  output?: string;
  serve?: string | true;
  port: number;
  schema: boolean;
}

const EXAMPLES = `
Examples:
  twinpath report                              writes the report of the newest run in twinpath-results
  twinpath report twinpath-results/RUN         of this one, from what lies in its folder
  twinpath report --format junit --output twinpath.xml
                                               for a CI system; also tap, json (run.json) and github (annotations)
  twinpath report --serve                      all runs of twinpath-results, at an address of this machine only
  twinpath report --schema                     the JSON Schema of run.json

Exit code: 0 when it was written, whatever the run found; 2 when there is no run.`;

/** `twinpath report`: what a stored run has found, for a person or a program. */
export function addReport(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('report')
    .summary('writes the report of a stored run, or serves a folder of runs')
    .description(
      'Writes report.html, one file that needs no network, into the folder of a run: from what is stored alone, nothing is run.',
    )
    .argument('[run]', 'the folder of a run (default: the newest one)')
    .option('--results <folder>', 'where runs are kept', 'twinpath-results')
    .addOption(new Option('--format <name>', 'print it in this format').choices(REPORT_FORMATS))
    .option('--output <file>', 'write it there instead')
    .option('--serve [folder]', 'serve the runs of a folder on loopback until Ctrl-C')
    .option('--port <n>', 'where to serve; 0: any free port', wholeNumber(0, 65535), 0)
    .addOption(new Option('--schema', 'print the JSON Schema of run.json').default(false))
    .addHelpText('after', EXAMPLES)
    .action(async (run: string | undefined, options: ReportOptions) =>
      exit(await report(run, options, terminal)),
    );
}

async function report(run: string | undefined, options: ReportOptions, terminal: Terminal): Promise<number> {
  if (options.schema) {
    terminal.out(`${JSON.stringify(runJsonSchema(), null, 2)}\n`);
    return EXIT.held;
  }
  if (options.serve !== undefined)
    return serve(options.serve === true ? options.results : options.serve, options.port, terminal);
  const folder = run ?? newestIn(options.results);
  try {
    await write(folder, options, terminal);
  } catch (error) {
    if (error instanceof RunError) throw new UsageError(error.message);
    throw error;
  }
  return EXIT.held;
}

/** A page lies in the folder of its run; the other formats go to standard output; a file that was named gets either. */
async function write(folder: string, { format, output }: ReportOptions, terminal: Terminal): Promise<void> {
  // The bundle of pages is read only by whoever writes one.
  const { reportText, writeReport } = await import('./write-report.ts');
  if (output !== undefined) {
    writeAtomically(output, reportText(folder, format ?? 'html'));
    terminal.out(`${output}\n`);
  } else if (format === undefined) terminal.out(`${writeReport(folder)}\n`);
  else terminal.out(reportText(folder, format));
}

function newestIn(results: string): string {
  const [newest] = runsIn(results);
  if (newest === undefined)
    throw new UsageError(`${results}: there is no run here. Name the folder of one, or run twinpath check.`);
  return join(results, newest.name);
}

async function serve(results: string, port: number, terminal: Terminal): Promise<number> {
  const { serveReports } = await import('./report-server.ts');
  const { url, server } = await serveReports(results, port);
  terminal.out(`${url}  (Ctrl-C ends it)\n`);
  await interruptible(
    (stop) => new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve())),
    () => undefined,
  );
  server.closeAllConnections();
  server.close();
  return EXIT.held;
}
