#!/usr/bin/env node
import { runCommandLine } from './command-line.ts';
import { PROCESS_TERMINAL } from './terminal.ts';

process.exitCode = await runCommandLine(process.argv.slice(2), PROCESS_TERMINAL);
