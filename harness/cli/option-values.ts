import { allTargets, targetsNamed } from '../targets/all.ts';
import { UsageError } from './terminal.ts';

/** A parser of an option that may be given more than once. */
export const collected = (value: string, previous: string[]): string[] => [...previous, value];

/** Names of targets behind each other with commas between them; a word with an equals sign belongs to the name before it. */
export function namesIn(list: string): string[] {
  const names: string[] = [];
  for (const word of list.split(',').map((each) => each.trim())) {
    const before = names.at(-1);
    if (before !== undefined && word.includes('=')) names[names.length - 1] = `${before},${word}`;
    else names.push(word);
  }
  return names;
}

/** What `--targets` is when nobody gives it: every target in this process. */
export const everyTarget = (): string =>
  allTargets()
    .map(({ name }) => name)
    .join(',');

/** The names, checked: each is a target that this process has in itself. */
export function namesInProcess(list: string): string[] {
  const names = targetsNamed(namesIn(list)).map(({ name }) => name);
  const known = allTargets().map(({ name }) => name);
  const elsewhere = names.find((name) => !known.includes(name));
  if (elsewhere !== undefined)
    throw new UsageError(`${elsewhere} is no target of this process; those are ${known.join(', ')}`);
  return names;
}
