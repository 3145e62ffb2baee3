import type { Target } from '../target.ts';
import { typescriptTargets } from './typescript/target.ts';

/** A target that nobody knows. The message names those that there are. */
export class UnknownTarget extends Error {
  override readonly name = 'UnknownTarget';
}

/** Every target that this machine can try, made anew. */
export const allTargets = (): readonly Target[] => typescriptTargets();

/** The targets with these names, in this order, each once. */
export function targetsNamed(names: readonly string[]): readonly Target[] {
  const known = allTargets();
  return [...new Set(names)].map((name) => {
    const found = known.find((target) => target.name === name);
    if (found !== undefined) return found;
    throw new UnknownTarget(
      `there is no target ${name}; there are ${known.map((target) => target.name).join(', ')}`,
    );
  });
}
