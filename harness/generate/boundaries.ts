import type { Setup } from '../setup.ts';
import { PAGE_BYTES, maxFileBytesOf } from '../../model/index.ts';
import { modelOptions } from '../setup.ts';
import type { Dice } from './dice.ts';
import type { LengthClass, OffsetClass, Swarm } from './swarm.ts';

/** What is known of a file: its size, and where runs of its bytes begin and end. A node or a handle of the model. */
export interface FileShape {
  readonly size: number;
  readonly boundaryCount: number;
  boundaryAt(index: number): number;
}

/** A file of which nothing is known. */
export const NO_SHAPE: FileShape = { size: 0, boundaryCount: 0, boundaryAt: () => 0 };

/** The smallest folio that is large, in bytes; doubled up to seven times: 2 MiB is the largest. */
const SMALLEST_LARGE_FOLIO = 16384;

/** A length is drawn towards a landmark only when that is near. */
const LANDMARK_DISTANCE_MAX = 1 << 16;

/** How many starts and ends of earlier operations are remembered. */
const RECENT = 8;

/** Bytes of a file. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

/** Draws offsets, sizes and lengths near what matters; uniform ones would hardly ever meet anything. */
export class Boundaries {
  /** What operations meet in for a while; null while they may be anywhere. */
  window: ByteRange | null = null;

  readonly #dice: Dice;
  readonly #swarm: Swarm;
  readonly #blockBytes: number;
  readonly #maxFileBytes: number;
  /** Bytes in which contents can be moved. */
  readonly clusterBytes: number;
  readonly #recent = new Float64Array(RECENT);
  #recentCount = 0;

  constructor(dice: Dice, swarm: Swarm, setup: Setup) {
    this.#dice = dice;
    this.#swarm = swarm;
    this.#blockBytes = setup.blockSize;
    const options = modelOptions(setup);
    this.#maxFileBytes = maxFileBytesOf(options);
    this.clusterBytes = options.clusterBytes;
  }

  get blockBytes(): number {
    return this.#blockBytes;
  }

  get maxFileBytes(): number {
    return this.#maxFileBytes;
  }

  /** An operation touched [start, end); later ones will want to come near. */
  remember(start: number, end: number): void {
    this.#recent[this.#recentCount++ % RECENT] = start;
    this.#recent[this.#recentCount++ % RECENT] = end;
  }

  /** 0 .. somewhat beyond the maximum file size. */
  offset(file: FileShape): number {
    const { window } = this;
    const landmark =
      window === null
        ? this.#landmark(this.#swarm.offsets.pick(this.#dice), file)
        : this.#landmarkIn(window, file);
    // In a window it is the same bytes that should be met again.
    const exact = window !== null && this.#dice.oneIn(2);
    return exact ? Math.max(0, landmark) : Math.max(0, landmark + this.#jitter());
  }

  /** Bytes for an operation that starts at `offset`. */
  length(file: FileShape, offset: number): number {
    const drawn = Math.max(0, this.#lengthOf(this.#swarm.lengths.pick(this.#dice), file, offset));
    const { window } = this;
    if (window === null) return drawn;
    // What is longer than the window comes seldom, and whole blocks come often.
    if (this.#dice.oneIn(drawn > window.length ? 4 : 2)) return drawn;
    return this.#blockBytes * this.#dice.between(1, Math.ceil(window.length / this.#blockBytes));
  }

  /** Whole or broken, mostly whole: a landmark itself is the likeliest place for a mistake. */
  #jitter(): number {
    const dice = this.#dice;
    const sign = dice.oneIn(2) ? 1 : -1;
    switch (dice.below(10)) {
      case 0:
      case 1:
        return sign;
      case 2:
        return sign * dice.between(2, 16);
      case 3:
        return sign * dice.below(512);
      case 4:
        return sign * this.#blockBytes;
      default:
        return 0;
    }
  }

  #landmark(kind: OffsetClass, file: FileShape): number {
    const dice = this.#dice;
    const block = this.#blockBytes;
    switch (kind) {
      case 'start':
        return 0;
      case 'end-of-file':
        return file.size;
      case 'run-boundary':
        return file.boundaryCount === 0 ? 0 : file.boundaryAt(dice.below(file.boundaryCount));
      case 'recent':
        return this.#recentCount === 0 ? 0 : this.#recentPlace();
      case 'block':
        return block * dice.below(24);
      case 'page':
        return PAGE_BYTES * dice.below(16);
      case 'folio':
        return SMALLEST_LARGE_FOLIO * 2 ** dice.below(8) * dice.between(1, 3);
      case 'tail':
        return file.size - (file.size % block) + dice.below(block);
      case 'near':
        return dice.below(1 << 16);
      case '4-gib':
        return dice.pick([2 ** 31, 2 ** 32, 2 ** 33]);
      case 'block-limit':
        return dice.pick([2 ** 31, 2 ** 32 - 1, 2 ** 32]) * block;
      case 'maximum':
        return this.#maxFileBytes - (dice.oneIn(2) ? 0 : dice.below(4 * block));
      case 'magnitude':
        return 2 ** dice.below(44);
    }
  }

  /** The end of file or of a run where that lies in the window or beside it; else where a block of it begins. */
  #landmarkIn({ start, length }: ByteRange, file: FileShape): number {
    const dice = this.#dice;
    const isNear = (place: number): boolean => place >= start - length && place <= start + 2 * length;
    const count = file.boundaryCount;
    const known = count === 0 || dice.oneIn(2) ? file.size : file.boundaryAt(dice.below(count));
    if (dice.oneIn(3) && isNear(known)) return known;
    return start + this.#blockBytes * dice.below(Math.ceil(length / this.#blockBytes) + 1);
  }

  #recentPlace(): number {
    return this.#recent[this.#dice.below(Math.min(this.#recentCount, RECENT))] ?? 0;
  }

  #lengthOf(kind: LengthClass, file: FileShape, offset: number): number {
    const dice = this.#dice;
    const block = this.#blockBytes;
    switch (kind) {
      case 'zero':
        return 0;
      case 'one':
        return 1;
      case 'few':
        return dice.between(2, 64);
      case 'sub-block':
        return dice.between(1, block - 1);
      case 'block':
        return block;
      case 'blocks':
        return block * dice.between(2, 8) + this.#jitter();
      case 'to-block-end':
        return block - (offset % block) + this.#jitter() + (dice.oneIn(4) ? block * dice.below(4) : 0);
      case 'to-landmark':
        return this.#lengthToLandmark(file, offset);
      case 'large':
        return dice.between(1 << 14, 1 << 16);
      case 'huge':
        return dice.between(1 << 16, 1 << 18);
    }
  }

  /** Up to the end of file or the beginning or end of a run, where one lies near behind `offset`. */
  #lengthToLandmark(file: FileShape, offset: number): number {
    const dice = this.#dice;
    const count = file.boundaryCount;
    const landmark = count === 0 || dice.oneIn(2) ? file.size : file.boundaryAt(dice.below(count));
    const distance = landmark - offset;
    if (distance <= 0 || distance > LANDMARK_DISTANCE_MAX) return dice.between(1, this.#blockBytes);
    return distance + this.#jitter();
  }
}
