import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

/** Adds a verb to the command line; `exit` takes the code that the process ends with. */
type AddVerb = (program: Command, terminal: Terminal, exit: (code: number) => void) => void;

type LoadVerb = () => Promise<AddVerb>;

/** All verbs, in the order in which --help tells them. */
const VERBS = new Map<string, LoadVerb>([
  ['check', async () => (await import('./check-command.ts')).addCheck],
  ['kernel', async () => (await import('./kernel-command.ts')).addKernel],
  ['race', async () => (await import('./race-command.ts')).addRace],
  ['crash', async () => (await import('./crash-command.ts')).addCrash],
  ['replay', async () => (await import('./replay-command.ts')).addReplay],
  ['shrink', async () => (await import('./shrink-command.ts')).addShrink],
  ['export', async () => (await import('./export-command.ts')).addExport],
  ['import', async () => (await import('./import-command.ts')).addImport],
  ['corrupt', async () => (await import('./corrupt-command.ts')).addCorrupt],
  ['image', async () => (await import('./image-command.ts')).addImage],
  ['mount', async () => (await import('./mount-command.ts')).addMount],
  ['umount', async () => (await import('./umount-command.ts')).addUmount],
  ['bench', async () => (await import('./bench-command.ts')).addBench],
  ['report', async () => (await import('./report-command.ts')).addReport],
  ['bugs', async () => (await import('./bugs-command.ts')).addBugs],
  ['clean', async () => (await import('./clean-command.ts')).addClean],
  ['doctor', async () => (await import('./doctor-command.ts')).addDoctor],
  ['completion', async () => (await import('./completion-command.ts')).addCompletion],
]);

/** Who asks for these wants no verb. */
const VERSION = ['-V', '--version'];

/** Who asks for this wants all of them, in the tree of commands. */
const WHOLE_TREE = 'completion';

/**
 * What a command line that begins with this word needs: a verb itself, and no other, because loading one takes longer than most of them
 * work. Help, and the answer to a word that is no verb, need all.
 */
export function verbsFor(first = ''): readonly LoadVerb[] {
  if (VERSION.includes(first)) return [];
  const verb = first === WHOLE_TREE ? undefined : VERBS.get(first);
  return verb === undefined ? [...VERBS.values()] : [verb];
}
