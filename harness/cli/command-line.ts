import { Command, CommanderError } from 'commander';
import { TargetUnavailable } from '../target.ts';
import { UnknownTarget } from '../targets/unknown-target.ts';
import { EXIT, UsageError, type Terminal } from './terminal.ts';
import { packageVersion } from '../version.ts';
import { verbsFor } from './verbs.ts';

const EXAMPLES = `
Start here:
  twinpath check             the main job, with a new seed
  twinpath check --help      every verb explains itself`;

/** Runs one command line; answers the exit code and never throws. */
export async function runCommandLine(words: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = EXIT.held;
  const program = new Command('twinpath')
    .description(
      "Property-based conformance harness for ext4's two buffered I/O paths: buffer_head and iomap",
    )
    .version(packageVersion())
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(--help says what there is)');
  const exit = (wanted: number): void => {
    code = wanted;
  };
  for (const load of verbsFor(words[0])) (await load())(program, terminal, exit);
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
  }
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, terminal);
  }
}

const withSubcommands = (command: Command): Command[] => [
  command,
  ...command.commands.flatMap((each) => withSubcommands(each)),
];

/** The user's mistakes get a sentence, ours a stack; both mean that nothing could be judged. */
function explain(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.held : EXIT.impossible;
  if (
    error instanceof UsageError ||
    error instanceof UnknownTarget ||
    error instanceof TargetUnavailable ||
    isSystemError(error)
  ) {
    terminal.err(`twinpath: ${error.message}\n`);
  } else {
    terminal.err(
      `twinpath: a mistake of twinpath itself: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  }
  return EXIT.impossible;
}

/** What the operating system refuses, such as a folder that cannot be written, explains itself. */
const isSystemError = (error: unknown): error is Error =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
