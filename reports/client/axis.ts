import type { FilePicture } from '../../harness/memory-picture.ts';

const PAGE_BYTES = 4096;

/** Up to so many blocks a picture is to scale. */
const BLOCKS_TO_SCALE = 96;

/** Where bytes of a file stand on a line from 0 to 100. */
export interface Axis {
  place(byte: number): number;
  readonly toScale: boolean;
  /** Bytes to be named below. */
  readonly ticks: readonly number[];
}

/**
 * One axis for all pictures of a file, so that they can be compared. A long or sparse file is not to scale: each stretch between two
 * boundaries gets a width by the logarithm of its length, so that none vanishes.
 */
export function axisOf(files: readonly FilePicture[], blockSize: number): Axis {
  const marks = [...new Set(files.flatMap((file) => boundaries(file, blockSize)))].sort((a, b) => a - b);
  const end = marks.at(-1) ?? blockSize;
  const toScale = end <= BLOCKS_TO_SCALE * blockSize;
  const widths = marks.slice(1).map((mark, index) => {
    const length = mark - (marks[index] ?? 0);
    return toScale ? length : 1 + Math.log2(1 + length / blockSize);
  });
  const total = widths.reduce((sum, width) => sum + width, 0);
  const starts = [0];
  for (const width of widths) starts.push((starts.at(-1) ?? 0) + (width / total) * 100);
  const place = (byte: number): number => {
    const index = Math.max(
      0,
      marks.findLastIndex((mark) => mark <= byte),
    );
    const [from = 0, to = from] = marks.slice(index, index + 2);
    const [start = 0, stop = start] = starts.slice(index, index + 2);
    return to === from ? start : start + ((byte - from) / (to - from)) * (stop - start);
  };
  return { place, toScale, ticks: ticksOf(marks, place) };
}

function boundaries({ runs, folios, size, diskSize }: FilePicture, blockSize: number): number[] {
  return [
    0,
    blockSize,
    size,
    diskSize,
    Math.ceil(size / blockSize) * blockSize,
    ...runs.flatMap(({ logical, length }) => [logical * blockSize, (logical + length) * blockSize]),
    ...folios.flatMap(({ index, pages }) => [index * PAGE_BYTES, (index + pages) * PAGE_BYTES]),
  ];
}

const TICK_GAP = 9;

/** As many as there is room for. */
function ticksOf(marks: readonly number[], place: (byte: number) => number): number[] {
  const ticks: number[] = [];
  for (const mark of marks) {
    const last = ticks.at(-1);
    if (last === undefined || place(mark) - place(last) >= TICK_GAP) ticks.push(mark);
  }
  return ticks;
}
