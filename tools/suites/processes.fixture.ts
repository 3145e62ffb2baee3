import { readdirSync, readFileSync } from 'node:fs';

/** The numbers of processes whose command line or environment has these words. */
export const processesNaming = (words: string): string[] =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name) && wordsOf(name).includes(words));

function wordsOf(process: string): string {
  try {
    return (
      readFileSync(`/proc/${process}/cmdline`, 'latin1') + readFileSync(`/proc/${process}/environ`, 'latin1')
    );
  } catch {
    // It has ended meanwhile.
    return '';
  }
}
