import type { DiskRecording } from './crash-target.ts';
import type { LostWrite, PowerCut } from './power-cut.ts';

/** Beyond so many writes that may be lost, only one at a time is. */
const PAIRS_MAX = 8;

/** What was written, and how many writes there were when each operation had returned. */
export interface MarkedWrites {
  readonly recording: DiskRecording;
  /** At the mount, and after each operation. */
  readonly marks: readonly number[];
}

/** A power cut that is easy to read, and how easy: 0 is the easiest. */
export interface SimpleCut {
  readonly cut: PowerCut;
  readonly kind: number;
}

/** In the order in which they are read with ease, each from the end of the program on. */
const KINDS: readonly ((written: MarkedWrites) => Generator<PowerCut>)[] = [
  betweenOperations,
  nothingLost,
  everythingLost,
  oneLostOrKept,
  flushUnderWay,
  twoLost,
];

/** Harder to read than any that is simple. */
export const NOT_SIMPLE = KINDS.length;

/**
 * The power cuts of a recording that are easiest to read, easiest first: nothing lost after an operation, and at any point; everything
 * lost; one write lost, or kept; a flush that had not ended; and two. None that is harder to read than `hardest`.
 */
export function* simpleCuts(written: MarkedWrites, hardest = NOT_SIMPLE): Generator<SimpleCut> {
  for (const [kind, cutsOf] of KINDS.entries()) {
    if (kind > hardest) return;
    for (const cut of cutsOf(written)) yield { cut, kind };
  }
}

function* betweenOperations({ marks }: MarkedWrites): Generator<PowerCut> {
  for (const point of [...new Set(marks)].reverse()) yield { point, lost: [] };
}

function* nothingLost({ marks }: MarkedWrites): Generator<PowerCut> {
  const known = new Set(marks);
  for (const point of pointsOf(marks)) if (!known.has(point)) yield { point, lost: [] };
}

function* everythingLost({ recording, marks }: MarkedWrites): Generator<PowerCut> {
  for (const point of pointsOf(marks)) {
    const open = recording.volatileAt(point);
    if (open.length > 0) yield { point, lost: gone(open) };
  }
}

function* oneLostOrKept({ recording, marks }: MarkedWrites): Generator<PowerCut> {
  for (const point of pointsOf(marks)) {
    const open = recording.volatileAt(point);
    if (open.length < 2) continue;
    for (const write of open) yield { point, lost: [{ write }] };
    for (const write of open) yield { point, lost: gone(open.filter((one) => one !== write)) };
  }
}

function* flushUnderWay({ recording, marks }: MarkedWrites): Generator<PowerCut> {
  for (const point of pointsOf(marks)) {
    const last = recording.writes[point - 1];
    if (last === undefined || !(last.fua || last.preflush)) continue;
    const open = recording.volatileAt(point, true);
    yield { point, underWay: true, lost: gone(open) };
    for (const write of open) yield { point, underWay: true, lost: [{ write }] };
  }
}

function* twoLost({ recording, marks }: MarkedWrites): Generator<PowerCut> {
  for (const point of pointsOf(marks)) {
    const open = recording.volatileAt(point);
    if (open.length > PAIRS_MAX) continue;
    for (const [index, write] of open.entries())
      for (const other of open.slice(index + 1)) yield { point, lost: gone([write, other]) };
  }
}

/** From the end of the program to the mount. */
function* pointsOf(marks: readonly number[]): Generator<number> {
  for (let point = marks.at(-1) ?? 0; point >= (marks[0] ?? 0); point--) yield point;
}

const gone = (writes: readonly number[]): LostWrite[] => writes.map((write) => ({ write }));
