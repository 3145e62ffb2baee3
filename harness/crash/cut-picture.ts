import type { StoryCut, StoryWrite } from '../story.ts';
import type { DiskRecording, Landmarks, RecordedWrite } from './crash-target.ts';
import type { LostWrite, PowerCut } from './power-cut.ts';

const SECTOR_BYTES = 512;

/** Durable writes that are shown before those that were at stake: enough to see which transaction came before. */
const DURABLE_MAX = 8;
/** The last ones are shown when there are more. */
const WRITES_MAX = 2000;
/** Sectors of a torn write that are drawn. */
const SECTORS_MAX = 128;

export interface CutView {
  readonly title: string;
  readonly cut: PowerCut;
  readonly recording: DiskRecording;
  /** Of the disk before anything was lost. */
  readonly landmarks: Landmarks;
  /** What asked for the write with this number. */
  readonly during: (write: number) => string;
}

/** A power cut as a picture: each write that was at stake, a few before them, and what became of each. */
export function cutPicture({ title, cut, recording, landmarks, during }: CutView): StoryCut {
  const { point, underWay = false, lost } = cut;
  const durable = recording.durableAt(point, underWay);
  const first = Math.max(0, durable - DURABLE_MAX, point - WRITES_MAX);
  const atStake = new Set(recording.volatileAt(point, underWay));
  const missing = new Map(lost.map((one) => [one.write, one]));
  const writes = recording.writes.slice(first, point).map((write, index) => {
    const number = first + index;
    return {
      ...pictured(write, landmarks),
      number,
      during: during(number),
      ...(atStake.has(number) ? fateOf(write, missing.get(number)) : { fate: 'durable' as const }),
      underWay: underWay && number === point - 1,
    };
  });
  return { title, before: first, writes };
}

function pictured(
  { sector, data, preflush, fua }: RecordedWrite,
  landmarks: Landmarks,
): Pick<StoryWrite, 'what' | 'bytes' | 'preflush' | 'fua'> {
  const what = data.length === 0 ? 'flush' : landmarks.name(sector, data.length / SECTOR_BYTES);
  return { what, bytes: data.length, preflush, fua };
}

function fateOf({ data }: RecordedWrite, lost: LostWrite | undefined): Pick<StoryWrite, 'fate' | 'sectors'> {
  if (lost === undefined) return { fate: 'there' };
  if (lost.torn === undefined) return { fate: 'lost' };
  const count = Math.min(SECTORS_MAX, data.length / SECTOR_BYTES);
  const gone = (sector: number): boolean =>
    (lost.torn ?? []).some(([from, to]) => from <= sector && sector < to);
  return {
    fate: 'torn',
    sectors: Array.from({ length: count }, (_, sector) => (gone(sector) ? '.' : '#')).join(''),
  };
}

/** The same as lines of text, from the first on that was at stake. */
export function cutLines({ title, before, writes }: StoryCut): string[] {
  const first = writes.findIndex(({ fate }) => fate !== 'durable');
  const stake = first < 0 ? [] : writes.slice(first);
  const durable = before + writes.length - stake.length;
  const lines = stake.map(({ fate, what, preflush, fua, bytes, underWay }) => {
    const flags = `${preflush && bytes > 0 ? ', after a flush' : ''}${fua ? ', FUA' : ''}`;
    return `  ${FATES[fate].padEnd(9)}${what}${flags}${underWay ? ', which had not ended' : ''}`;
  });
  return [
    `${title} (${durable} writes before these were durable):`,
    ...(lines.length === 0 ? ['  none'] : lines),
  ];
}

const FATES: Readonly<Record<StoryWrite['fate'], string>> = {
  durable: 'durable',
  there: 'there',
  lost: 'LOST',
  torn: 'TORN',
};
