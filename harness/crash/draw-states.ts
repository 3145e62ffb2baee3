import type { Dice } from '../generate/dice.ts';
import type { DiskRecording, RecordedWrite } from './crash-target.ts';
import type { LostWrite, PowerCut } from './power-cut.ts';

/** Where few writes may be lost, every subset of them is looked at. */
const COMPLETE_MAX = 3;

const SECTOR_BYTES = 512;

/** One of so many states tears a write; half of them in sectors of 4096 bytes, half of 512. */
const TORN_ONE_IN = 6;

/** What is written of a recording between two of its writes, [first, last] both among the points. */
export interface CutRange {
  readonly first: number;
  readonly last: number;
  /** Points where calls had returned; absent: nobody called. */
  readonly returns?: readonly number[];
}

/**
 * Power cuts between two points of a recording, each different one at most once. Most bugs show where nothing is lost, or everything, and after
 * a call has returned: so much is looked at for each such point first, and for the others. Then come, point by point in turns, every subset of what may be lost where that is little,
 * else the telling ones (only the first, only the last, all but one); and any at last.
 */
export function* drawCuts(recording: DiskRecording, range: CutRange, dice: Dice): Generator<PowerCut> {
  const seen = new Set<string>();
  const isNew = (cut: PowerCut): boolean => {
    const key = JSON.stringify(cut);
    const known = seen.has(key);
    seen.add(key);
    return !known;
  };
  const points = shuffled(range, dice);
  const returns = new Set(range.returns);
  const inOrder = points.toSorted((left, right) => Number(returns.has(right)) - Number(returns.has(left)));
  for (const point of inOrder) for (const cut of extremeCuts(recording, point)) if (isNew(cut)) yield cut;
  for (const cut of inTurns(points.map((point) => cutsAt(recording, point, dice)))) if (isNew(cut)) yield cut;
  for (let round = 0; round < ROUNDS; round++) {
    for (const point of points) {
      const cut = anyCut(recording, point, dice);
      if (isNew(cut)) yield cut;
    }
  }
}

/** After the first looks at each point, so many states of each are drawn at random. */
const ROUNDS = 6;

/** One value of each, as long as there are any. */
function* inTurns<T>(sources: readonly Generator<T>[]): Generator<T> {
  for (let left = sources; left.length > 0;) {
    const more: Generator<T>[] = [];
    for (const source of left) {
      const next = source.next();
      if (next.done === true) continue;
      yield next.value;
      more.push(source);
    }
    left = more;
  }
}

function* extremeCuts(recording: DiskRecording, point: number): Generator<PowerCut> {
  const open = recording.volatileAt(point);
  yield { point, lost: [] };
  if (open.length > 0) yield { point, lost: open.map((write) => ({ write })) };
}

function shuffled({ first, last }: CutRange, dice: Dice): number[] {
  const points = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  for (let index = points.length - 1; index > 0; index--) {
    const other = dice.below(index + 1);
    [points[index], points[other]] = [points[other] ?? 0, points[index] ?? 0];
  }
  return points;
}

function* cutsAt(recording: DiskRecording, point: number, dice: Dice): Generator<PowerCut> {
  const open = recording.volatileAt(point);
  if (open.length <= COMPLETE_MAX) yield* everySubset(point, open);
  else yield* tellingSubsets(point, open, dice);
  const last = recording.writes[point - 1];
  if (last !== undefined && (last.fua || last.preflush)) yield* underWay(recording, point, dice);
}

function* everySubset(point: number, open: readonly number[]): Generator<PowerCut> {
  for (let bits = 0; bits < 1 << open.length; bits++)
    yield { point, lost: open.filter((_, index) => ((bits >> index) & 1) === 1).map((write) => ({ write })) };
}

function* tellingSubsets(point: number, open: readonly number[], dice: Dice): Generator<PowerCut> {
  const losing = (lost: readonly number[]): PowerCut => ({ point, lost: lost.map((write) => ({ write })) });
  yield losing(open.slice(0, 1));
  yield losing(open.slice(-1));
  yield losing(open.slice(1));
  yield losing(open.slice(0, -1));
  const one = dice.below(open.length);
  yield losing(open.slice(one, one + 1));
  yield losing(open.filter((_, index) => index !== one));
  yield losing(open.filter(() => dice.oneIn(2)));
}

/** The last write had not ended: nothing of it is there, or some, and of what it was to flush perhaps nothing. */
function* underWay(recording: DiskRecording, point: number, dice: Dice): Generator<PowerCut> {
  const open = recording.volatileAt(point, true);
  const losing = (lost: readonly LostWrite[]): PowerCut => ({ point, underWay: true, lost });
  yield losing(open.map((write) => ({ write })));
  yield losing(open.filter((write) => write === point - 1 || dice.oneIn(2)).map((write) => ({ write })));
  if (open.includes(point - 1)) yield losing([tornWrite(recording, point - 1, dice)]);
}

function anyCut(recording: DiskRecording, point: number, dice: Dice): PowerCut {
  const last = recording.writes[point - 1];
  const flushes = last !== undefined && (last.fua || last.preflush);
  const unended = flushes && dice.oneIn(3);
  const open = recording.volatileAt(point, unended);
  const chance = dice.pick([10, 30, 50, 80]);
  const lost: LostWrite[] = [];
  for (const write of open) {
    if (dice.oneIn(TORN_ONE_IN)) lost.push(tornWrite(recording, write, dice));
    else if (dice.percent(chance)) lost.push({ write });
  }
  return unended ? { point, underWay: true, lost } : { point, lost };
}

const SUPERBLOCK_SECTOR = 2;
const JOURNAL_MAGIC = 0xc03b3998;
const JOURNAL_SUPERBLOCK = 4;

/**
 * The superblock and the journal's are written in place, and half of one has a wrong checksum: with sectors smaller than they are
 * nobody mounts that, Linux neither (ext4_superblock_csum_verify, jbd2_superblock_csum_verify; only e2fsck helps). So they tear only as in
 * sectors of 4096 bytes: not at all.
 */
function isSuperblock({ sector, data }: RecordedWrite): boolean {
  if (sector <= SUPERBLOCK_SECTOR) return true;
  if (data.length < 8) return false;
  const view = new DataView(data.buffer, data.byteOffset, 8);
  return view.getUint32(0) === JOURNAL_MAGIC && view.getUint32(4) === JOURNAL_SUPERBLOCK;
}

/** The write arrives up to some sector, or from one on, or any of its sectors. */
function tornWrite(recording: DiskRecording, write: number, dice: Dice): LostWrite {
  const written = recording.writes[write];
  if (written === undefined || isSuperblock(written)) return { write };
  const sectors = written.data.length / SECTOR_BYTES;
  const unit = sectors > 8 && dice.oneIn(2) ? 8 : 1;
  const units = Math.ceil(sectors / unit);
  if (units < 2) return { write };
  const place = dice.between(1, units - 1) * unit;
  switch (dice.below(3)) {
    case 0:
      return { write, torn: [[place, sectors]] };
    case 1:
      return { write, torn: [[0, place]] };
    default: {
      const torn: [number, number][] = [];
      for (let from = 0; from < sectors; from += unit)
        if (dice.oneIn(2)) torn.push([from, Math.min(sectors, from + unit)]);
      return torn.length === 0 ? { write } : { write, torn };
    }
  }
}
