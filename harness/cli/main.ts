#!/usr/bin/env node
import { runCommandLine } from './command-line.ts';
import { endOnSignals } from './interrupt.ts';
import { EXIT, PROCESS_TERMINAL } from './terminal.ts';

// Whoever reads our output may stop before its end, as head(1) does; that needs no stack.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.impossible);
  throw error;
});

endOnSignals();
process.exitCode = await runCommandLine(process.argv.slice(2), PROCESS_TERMINAL);
