import type { CutRange } from './draw-states.ts';
import type { DiskRecording } from './crash-target.ts';
import type { LostWrite, PowerCut } from './power-cut.ts';

/** Beyond so many writes that may be lost, only one at a time is. */
const PAIRS_MAX = 8;

/**
 * The power cuts of a recording that are easiest to read, easiest first: nothing lost, at every point from the end on; everything
 * lost; one write lost, or kept; a flush that had not ended; and two.
 */
export function* simpleCuts(recording: DiskRecording, { first, last }: CutRange): Generator<PowerCut> {
  const points = Array.from({ length: last - first + 1 }, (_, index) => last - index);
  const gone = (writes: readonly number[]): LostWrite[] => writes.map((write) => ({ write }));
  for (const point of points) yield { point, lost: [] };
  for (const point of points) {
    const open = recording.volatileAt(point);
    if (open.length > 0) yield { point, lost: gone(open) };
    for (const write of open) yield { point, lost: [{ write }] };
    for (const write of open) yield { point, lost: gone(open.filter((one) => one !== write)) };
  }
  for (const point of points) yield* unended(recording, point);
  for (const point of points) {
    const open = recording.volatileAt(point);
    if (open.length > PAIRS_MAX) continue;
    for (const [index, write] of open.entries())
      for (const other of open.slice(index + 1)) yield { point, lost: gone([write, other]) };
  }
}

function* unended(recording: DiskRecording, point: number): Generator<PowerCut> {
  const last = recording.writes[point - 1];
  if (last === undefined || !(last.fua || last.preflush)) return;
  const open = recording.volatileAt(point, true);
  yield { point, underWay: true, lost: open.map((write) => ({ write })) };
  for (const write of open) yield { point, underWay: true, lost: [{ write }] };
}
