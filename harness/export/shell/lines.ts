import { createHash } from 'node:crypto';
import type { Outcome, Run } from '../../../model/index.ts';
import { errorWords, letters, pathWord, quote } from './words.ts';

/** One line of the script for one step, or why there is none. */
export type Line = { readonly text: string } | { readonly obstacle: string };

/** A command with the answer that it must give: `does` where it must succeed, `fails` with the words of an errno. */
export function commandLine(step: number, expected: Outcome | null, words: readonly string[]): Line {
  const command = words.join(' ');
  if (expected === null) return { text: `may ${step} ${command}` };
  if (expected.ok) return { text: `does ${step} ${command}` };
  const said = errorWords(expected.errno);
  if (said === null) return { obstacle: `no program says ${expected.errno}` };
  return { text: `fails ${step} ${quote(said)} ${command}` };
}

/** The bytes of a piece of a file, by their md5. */
export function dataLine(
  step: number,
  path: string,
  offset: number,
  length: number,
  runs: readonly Run[],
): Line {
  const bytes = letters(runs);
  if (bytes === null) return { text: `# step ${step}: what ${pathWord(path)} holds there is open` };
  const sum = createHash('md5').update(bytes).digest('hex');
  const words = runs.map(runWords).join(' + ') || 'nothing';
  return { text: `holds ${step} ${pathWord(path)} ${offset} ${length} ${sum} # ${words}` };
}

function runWords(run: Run): string {
  if (run.kind !== 'bytes') return `${run.length} zeros`;
  return `${run.length} x 0x${(letters([{ ...run, length: 1 }])?.[0] ?? 0).toString(16)}`;
}
