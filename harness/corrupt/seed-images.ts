import type { Operation } from '../../model/index.ts';
import { timeOfStep } from '../setup.ts';
import { isPromise, type DiskImage, type Session, type Target } from '../target.ts';
import type { ImageRecipe } from './corruption-case.ts';
import type { DissectedImage } from './dissected-image.ts';
import { PartsByStructure } from './corruptions.ts';
import { lastWords, population } from './population.ts';
import { tunedImage } from './tune-image.ts';

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
const KEPT_MAX = 200;

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
      const image = atOnce(session.unmount());
      if (image === null) throw new Error('the target that makes images has no disk');
      if (recipe.tuned === undefined) return image;
      return tunedImage(image, recipe.tuned, (path) => this.#source.load(path));
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
