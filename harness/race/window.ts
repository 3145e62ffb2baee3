import type { Handle, Stat } from '../../model/index.ts';
import type { FileView, RaceRules } from './atomicity.ts';
import type { RaceEvent } from './race-target.ts';
import { sameSight, sightAfter, sightOf, type Place, type Sight } from './sight.ts';

/** What there was to see while a call ran, in order: states, and between two of them the change that was going on. */
export interface Window {
  readonly moments: readonly Moment[];
  /** Whether what is read later may be older, because steps lie between the parts of others. */
  readonly mixed: boolean;
}

export interface Moment {
  /** What can be found in a block. */
  readonly views: readonly FileView[];
  readonly mayHaveSize: (size: number) => boolean;
  /** The smallest size that it may have. */
  readonly leastSize: number;
  readonly stats: readonly Stat[];
}

/** The part of the path that a call may have seen. */
export function windowOf(look: RaceEvent, handle: Handle, path: readonly Place[], rules: RaceRules): Window {
  const sights = path.map(({ model }) => sightOf(model, handle));
  const { first, last } = boundsOf(look, path, sights);
  const moments: Moment[] = [];
  for (let index = first; index <= last; index++) {
    const sight = sights[index] ?? null;
    const before = sights[index - 1] ?? null;
    const event = path[index]?.event ?? null;
    if (sight === null) continue;
    if (index > first && before !== null && event !== null)
      moments.push(during(event, before, sight, look, rules));
    moments.push(still(sight));
  }
  const sooner = splitBefore(look, handle, path, first, sights[first] ?? null, rules);
  const later = splitAfter(look, handle, path, last, sights[last] ?? null, rules);
  const between = path.slice(first, last + 1);
  const mixed = between.some(({ event }) => event !== null && rules.comesBetween(event.operation));
  return {
    moments: [...sooner, ...moments, ...later],
    mixed: mixed || sooner.length > 0 || later.length > 0,
  };
}

/** Steps that changed nothing of its file bound it on neither side: a change of the file may have been half done all the while. */
function boundsOf(
  { invoked, returned }: RaceEvent,
  path: readonly Place[],
  sights: readonly (Sight | null)[],
): { readonly first: number; readonly last: number } {
  let first = 0;
  for (const [index, { event }] of path.entries()) {
    if (event === null || sameSight(sights[index - 1] ?? null, sights[index] ?? null)) continue;
    if (event.returned < invoked) first = index;
    if (event.invoked > returned) return { first, last: index - 1 };
  }
  return { first, last: path.length - 1 };
}

const still = ({ view, stat }: Sight): Moment => ({
  views: [view],
  mayHaveSize: (size) => size === view.size,
  leastSize: view.size,
  stats: [stat],
});

function during(
  { operation }: RaceEvent,
  from: Sight,
  to: Sight,
  { operation: look }: RaceEvent,
  rules: RaceRules,
): Moment {
  return {
    views: rules.viewsDuring(operation, from.view, to.view, look),
    mayHaveSize: (size) => rules.sizeDuring(operation, size, from.view, to.view),
    leastSize: Math.min(from.view.size, to.view.size),
    stats: [from.stat, to.stat],
  };
}

/**
 * A write of which a store comes in the middle (rule 8) stands on one side of the store in an order, and parts of it are seen on the
 * other. Here a look was called when the store had returned, and the write, which stands before it, was not done: it may find
 * what there was before the write, with the store.
 */
function splitBefore(
  look: RaceEvent,
  handle: Handle,
  path: readonly Place[],
  first: number,
  to: Sight | null,
  rules: RaceRules,
): Moment[] {
  const index = lastBefore(path, first, rules);
  const [write, before] = [path[index]?.event ?? null, path[index - 1]];
  if (index === first || write === null || before === undefined || to === null) return [];
  if (write.returned < look.invoked) return [];
  const from = sightAfter(before.model, eventsOf(path.slice(index + 1, first + 1)), handle);
  return from === null ? [] : [during(write, from, to, look, rules)];
}

/** The same where the look had returned before the store was called, and the write, which stands behind it, was under way. */
function splitAfter(
  look: RaceEvent,
  handle: Handle,
  path: readonly Place[],
  last: number,
  from: Sight | null,
  rules: RaceRules,
): Moment[] {
  const rest = eventsOf(path.slice(last + 1));
  const index = rest.findIndex(({ operation }) => !rules.comesBetween(operation));
  const [write, here] = [rest[index], path[last]];
  if (index < 1 || write === undefined || here === undefined || from === null) return [];
  if (write.invoked > look.returned) return [];
  const to = sightAfter(here.model, [write], handle);
  return to === null ? [] : [during(write, from, to, look, rules)];
}

/** The place at `first`, or before it, to which something led that is no step between the parts of others. */
function lastBefore(path: readonly Place[], first: number, rules: RaceRules): number {
  let index = first;
  for (; index > 0; index--) {
    const event = path[index]?.event ?? null;
    if (event === null || !rules.comesBetween(event.operation)) break;
  }
  return index;
}

const eventsOf = (path: readonly Place[]): RaceEvent[] => path.flatMap(({ event }) => event ?? []);
