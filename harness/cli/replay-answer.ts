import pc from 'picocolors';

/** What a replay says of a saved failure. */
export type Answer = 'same' | 'other' | 'fails' | 'gone' | 'unknown';

export const ANSWERS: Readonly<Record<Answer, string>> = {
  same: `${pc.bold(pc.red('SAME FAILURE'))}  it fails as the case says`,
  other: `${pc.bold(pc.red('OTHER FAILURE'))}  it fails, but not as the case says`,
  fails: `${pc.bold(pc.red('FAILS'))}  the case does not say how it should`,
  gone: `${pc.bold(pc.green('GONE'))}  every judge is content`,
  unknown: `${pc.bold(pc.yellow('UNKNOWN'))}  nothing failed, but not all could be judged`,
};

/** Which it is where something is known to be judged: `same` compares two failures that there are. */
export function answerFor<F>(saved: F | null, seen: F | null, same: (left: F, right: F) => boolean): Answer {
  if (seen === null) return 'gone';
  if (saved === null) return 'fails';
  return same(saved, seen) ? 'same' : 'other';
}
