import pc from 'picocolors';
import { EXIT, type Terminal } from './terminal.ts';

/** What shrinking has made of a saved case. */
export interface Smaller {
  /** Where the smaller case is. */
  readonly output: string;
  readonly failure: object;
  /** Operations of the saved case. */
  readonly from: number;
  readonly operations: number;
  readonly report: string;
  /** For a person. */
  readonly text: string;
}

/** Says what came of shrinking: for a person, or for a program; answers the exit code. Null: the case does not fail any more. */
export function tellShrunk(smaller: Smaller | null, json: boolean, terminal: Terminal): number {
  if (json) {
    const { output, failure, from, operations, report } = smaller ?? {};
    const said =
      smaller === null
        ? { answer: 'gone' }
        : { answer: 'smaller', case: output, failure, from, operations, report };
    terminal.out(`${JSON.stringify(said, null, 2)}\n`);
  } else terminal.out(smaller?.text ?? GONE);
  return smaller === null ? EXIT.held : EXIT.found;
}

const GONE = `${pc.bold(pc.green('GONE'))}  the case does not fail (any more) as it says; nothing was written\n`;
