import { isTestFile, type Source } from './source.ts';

// Put together here, so that this file does not complain about itself.
const MARKERS = new RegExp(`\\b(${['FIX' + 'ME', 'TO' + 'DO', 'X' + 'XX', 'HA' + 'CK'].join('|')})\\b`);
const FOCUSED = new RegExp(
  `\\b(it|test|describe|bench)\\.(${['on' + 'ly', 'sk' + 'ip', 'to' + 'do'].join('|')})\\b`,
);

/** Marks of work that was left for later, and tests that are switched off or shut the others out. */
export function leftovers(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const found = MARKERS.exec(line) ?? (isTestFile(path) ? FOCUSED.exec(line) : null);
      return found === null ? [] : [`${path}:${index + 1} has ${found[0]}`];
    }),
  );
}
