import { ANSWERS } from './answers.ts';
import { ATTRIBUTES } from './attributes.ts';
import { CONTENTS } from './contents.ts';
import { MACHINE } from './machine.ts';
import type { RuntimePart } from './part.ts';

/** Everything there is, each behind what it needs. */
const RUNTIME: readonly RuntimePart[] = [...ANSWERS, ...CONTENTS, ...MACHINE, ...ATTRIBUTES];

/** The named parts and what they need, in the order in which C wants them. */
export function runtimeParts(names: ReadonlySet<string>): readonly RuntimePart[] {
  const wanted = new Set<string>();
  const want = (name: string): void => {
    const found = RUNTIME.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no part ${name}`);
    wanted.add(name);
    for (const need of found.needs) want(need);
  };
  for (const name of ['core', 'top', ...names]) want(name);
  return RUNTIME.filter(({ name }) => wanted.has(name));
}
