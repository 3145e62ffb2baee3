import type { Target } from '../target.ts';
import { COMMAND_PREFIX } from './kernel/command-target.ts';
import { kernelTarget } from './kernel/target-words.ts';
import { daxTarget, typescriptTargets } from './typescript/target.ts';
import { UnknownTarget } from './unknown-target.ts';

/** Whether a target of this name starts a program that the name says. */
export const startsProgram = (name: string): boolean => name.startsWith(COMMAND_PREFIX);

/** The targets in this process, made anew: what `check` tries. */
export const allTargets = (): readonly Target[] => typescriptTargets();

/**
 * The targets with these names, in this order, each once. What they need to have on disk for a while goes to the
 * workspace.
 */
export function targetsNamed(names: readonly string[], workspace = ''): readonly Target[] {
  const known = [...allTargets(), daxTarget()];
  return [...new Set(names)].map((name) => {
    const found = known.find((target) => target.name === name) ?? kernelTarget(name, workspace);
    if (found !== null) return found;
    const words = known.map((target) => target.name).join(', ');
    throw new UnknownTarget(
      `there is no target ${name}; there are ${words}, and those that twinpath kernel --help names`,
    );
  });
}
