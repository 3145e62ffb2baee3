import { allTargets, targetsNamed } from '../targets/all.ts';
import { UsageError } from './terminal.ts';

/** A parser of an option that may be given more than once. */
export const collected = (value: string, previous: string[]): string[] => [...previous, value];

/** Names of targets behind each other with commas between them. */
export const namesIn = (list: string): string[] => list.split(',').map((name) => name.trim());

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
