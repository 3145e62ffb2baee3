import type { Command } from 'commander';
import { EXIT, type Terminal } from './terminal.ts';

/** How much a verb that runs for a while is to say, and to whom. */
export interface OutputOptions {
  readonly quiet: boolean;
  readonly json: boolean;
}

/** Why a verb that writes a file takes `--output -` or `--json`, not both. */
export const ONE_OUTPUT = '--output - and --json both want standard output; give --output a file';

/** Adds those options to a command. */
export const withOutputOptions = (command: Command, what = 'the summary'): Command =>
  command
    .option('--quiet', 'no progress, and not a word when all held', false)
    .option('--json', `print ${what} as JSON`, false);

/**
 * Runs a verb, and says as much of it as was asked for. With --quiet nothing is shown of progress, and what goes to standard
 * output is shown only when the exit code is another than "all held"; with --json it is always shown, because a program
 * waits for it. Answers the exit code.
 */
export async function said(
  { quiet, json }: OutputOptions,
  terminal: Terminal,
  run: (terminal: Terminal) => Promise<number>,
): Promise<number> {
  if (!quiet) return run(terminal);
  const held: string[] = [];
  const out = json ? terminal.out : (text: string): void => void held.push(text);
  const code = await run({ ...terminal, out, progress: 'none' });
  if (code !== EXIT.held) terminal.out(held.join(''));
  return code;
}
