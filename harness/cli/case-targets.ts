import type { Case } from '../case.ts';
import { startsProgram, targetsNamed } from '../targets/all.ts';
import { UsageError } from './terminal.ts';

/**
 * What a saved case is to run on: what the user says, or else what the case says. A case may come from anybody, so a program
 * that it names is started only when the user names it, too.
 */
export function targetsToRun(path: string, saved: Case, given: readonly string[]): string[] {
  const program = saved.targets.find(startsProgram);
  if (given.length === 0 && program !== undefined) {
    throw new UsageError(
      `${path}: $.targets: ${JSON.stringify(program)} starts a program; if that is what you want, say --target '${program}'`,
    );
  }
  const targets = targetsNamed(given.length > 0 ? given : saved.targets).map(({ name }) => name);
  if (targets.length === 0)
    throw new UsageError(`${path}: $.targets: found none, expected a target, or give --target`);
  return targets;
}
