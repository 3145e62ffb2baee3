import type { Operation } from '../../model/index.ts';
import { FORMAT_DIMENSIONS } from '../generate/formats.ts';
import { BLOCK_SIZES, DEFAULT_SETUP, timeOfStep, type Setup } from '../setup.ts';
import { isPromise, type DiskImage, type Session, type Target } from '../target.ts';
import type { ImageRecipe } from './corruption-case.ts';
import type { DissectedImage } from './dissected-image.ts';
import { PartsByStructure } from './corruptions.ts';
import { lastWords, population } from './population.ts';

/** With blocks of 1024 bytes these are three groups. */
const IMAGE_BYTES = 18 << 20;

/**
 * Every kind of file system that is damaged: the usual one with blocks of each size, then one for each choice of a format;
 * each unmounted, and with a log that has to be recovered.
 */
export function allRecipes(): ImageRecipe[] {
  const usual: Setup[] = BLOCK_SIZES.map((blockSize) => ({
    ...DEFAULT_SETUP,
    blockSize,
    sizeBytes: IMAGE_BYTES,
  }));
  const choices = FORMAT_DIMENSIONS.flatMap((dimension) => dimension.choices);
  const others = choices.map(({ format, blockSizeMin = 1024 }, index): Setup => {
    const fitting = BLOCK_SIZES.filter((size) => size >= blockSizeMin);
    const blockSize = fitting[index % fitting.length] ?? 4096;
    return { ...DEFAULT_SETUP, blockSize, sizeBytes: IMAGE_BYTES, format };
  });
  return [...usual, ...others].flatMap((setup): ImageRecipe[] => [
    { setup, ending: 'unmount' },
    { setup, ending: 'power cut' },
  ]);
}

/** An image to be damaged, ready for it. */
export interface SeedImage {
  readonly image: DissectedImage;
  readonly parts: PartsByStructure;
}

/** What makes images and takes them apart. */
export interface ImageSource {
  /** Makes and fills the images. */
  readonly target: Target;
  dissect(image: DiskImage): DissectedImage;
  load(path: string): DiskImage;
}

/** Images that are kept; a folder may have any number. */
const KEPT_MAX = 100;

/** The images of recipes, each made when it is first asked for. */
export class SeedImages {
  readonly #source: ImageSource;
  readonly #made = new Map<string, SeedImage>();

  constructor(source: ImageSource) {
    this.#source = source;
  }

  get(recipe: ImageRecipe): SeedImage {
    const key = JSON.stringify(recipe);
    let seed = this.#made.get(key);
    if (seed === undefined) {
      const image = this.#source.dissect(this.#make(recipe));
      seed = { image, parts: new PartsByStructure(image) };
      this.#made.set(key, seed);
      const [oldest] = this.#made.keys();
      if (this.#made.size > KEPT_MAX && oldest !== undefined) this.#made.delete(oldest);
    }
    return seed;
  }

  #make(recipe: ImageRecipe): DiskImage {
    if ('file' in recipe) return this.#source.load(recipe.file);
    const session = atOnce(this.#source.target.start(recipe.setup, { faults: [], now: timeOfStep(0) }));
    if (recipe.ending === 'unmount') {
      perform(session, population());
      return atOnce(session.unmount());
    }
    perform(session, [...population(), ...lastWords()]);
    const image = atOnce(session.powerCut());
    void session.unmount();
    return image;
  }
}

/** What cannot be done on this file system is left out: not every one has room or features for all. */
function perform(session: Session, operations: readonly Operation[]): void {
  operations.forEach((operation, step) => void atOnce(session.apply(operation, timeOfStep(step))));
}

function atOnce<T>(answer: T | Promise<T>): T {
  if (isPromise(answer)) throw new Error('a target that answers later makes no images');
  return answer;
}
