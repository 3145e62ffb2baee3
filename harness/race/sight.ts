import type { Handle, Model, Run, Stat } from '../../model/index.ts';
import { streamBytes } from '../content.ts';
import type { FileView } from './atomicity.ts';
import { TIME_OF_RACE } from './program.ts';
import type { RaceEvent } from './race-target.ts';

/** A state on an order of all steps: `event` led to it, from the place before; null at the start. */
export interface Place {
  readonly model: Model;
  readonly event: RaceEvent | null;
}

/** How much of a file is looked at, in bytes. */
const VIEW_BYTES = 1 << 16;

export interface Sight {
  readonly view: FileView;
  readonly stat: Stat;
}

/** What a descriptor shows in a state of the model; null when it is not open there. */
export function sightOf(model: Model, handle: Handle): Sight | null {
  const asked = model.clone();
  const stat = asked.step({ op: 'fstat', handle }, TIME_OF_RACE);
  const data = asked.step({ op: 'pread', handle, offset: 0, length: VIEW_BYTES }, TIME_OF_RACE);
  if (!stat.ok || stat.value.kind !== 'stat') return null;
  const runs = data.ok && data.value.kind === 'runs' ? data.value.runs : [];
  return { view: viewOf(runs, stat.value.stat.size), stat: stat.value.stat };
}

/** The same after some more steps, which answer what they answered. */
export function sightAfter(model: Model, events: readonly RaceEvent[], handle: Handle): Sight | null {
  const later = model.clone();
  for (const { operation, outcome } of events) later.step(operation, TIME_OF_RACE, outcome);
  return sightOf(later, handle);
}

function viewOf(runs: readonly Run[], size: number): FileView {
  const bytes = new Uint8Array(runs.reduce((sum, { length }) => sum + length, 0));
  const open: { start: number; end: number }[] = [];
  let at = 0;
  for (const run of runs) {
    if (run.kind === 'bytes') bytes.set(streamBytes(run.seed, run.start, run.length), at);
    else if (run.kind === 'any') open.push({ start: at, end: at + run.length });
    at += run.length;
  }
  return { bytes, size, open };
}

export const sameBytes = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;

export function sameSight(left: Sight | null, right: Sight | null): boolean {
  if (left === null || right === null) return left === right;
  return (
    sameBytes(left.view.bytes, right.view.bytes) && JSON.stringify(left.stat) === JSON.stringify(right.stat)
  );
}
