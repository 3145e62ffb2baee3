import { saysDamage } from '../damage-errno.ts';
import type { Dice } from '../generate/dice.ts';
import { seededDice } from '../generate/seeded-dice.ts';
import { sequenceSeed } from '../generate-sequence.ts';
import { timeOfStep } from '../setup.ts';
import { DEFAULT_SETUP } from '../setup.ts';
import { isPromise, type DiskImage, type Session, type Target } from '../target.ts';
import {
  CORRUPTION_FORMAT,
  CORRUPTION_VERSION,
  type CorruptionCase,
  type ImageRecipe,
} from './corruption-case.ts';
import { drawCorruptions } from './corruptions.ts';
import { Examination, type Fault } from './examination.ts';
import type { SeedImages } from './seed-images.ts';

/** How long after the last operation on a seed image it is mounted, in operations: times go on. */
const MOUNT_STEP = 10_000;

/** The case that belongs to a campaign's seed and a number; the same for ever as long as the images stay the same. */
export function drawCase(
  campaignSeed: number,
  number: number,
  recipes: readonly ImageRecipe[],
  targets: readonly string[],
  seeds: SeedImages,
): CorruptionCase {
  const seed = sequenceSeed(campaignSeed, number);
  const dice = seededDice(seed);
  // Somebody else's images are looked at as they are before they are damaged.
  const plain = number < recipes.length && 'file' in (recipes[number] ?? {});
  const recipe = recipes[plain ? number : dice.below(recipes.length)];
  if (recipe === undefined) throw new Error('there is no image to damage');
  const { image, parts } = seeds.get(recipe);
  return {
    format: CORRUPTION_FORMAT,
    version: CORRUPTION_VERSION,
    image: recipe,
    corruptions: plain ? [] : drawCorruptions(image, parts, dice),
    seal: dice.percent(60),
    target: targets[dice.below(targets.length)] ?? '',
    policy: { readOnly: readOnly(recipe, dice), errors: dice.oneIn(3) ? 'continue' : 'remount-ro' },
    seed,
    fault: null,
  };
}

/** What only tune2fs can make is most often for reading only. */
const readOnly = (recipe: ImageRecipe, dice: Dice): boolean =>
  'tuned' in recipe ? !dice.oneIn(4) : dice.oneIn(10);

/** What came of a case. */
export interface CorruptionVerdict {
  readonly fault: Fault | null;
  /** Why it was not mounted; null when it was. */
  readonly refusal: string | null;
  /** How often each errno was answered. */
  readonly answers: ReadonlyMap<string, number>;
}

export interface CaseContext {
  readonly seeds: SeedImages;
  readonly targets: readonly Target[];
  /** What an error says when it may be said; null for one that is a mistake of the target. */
  refusalOf(error: unknown): string | null;
  onStep(): void;
}

/** Damages the image, mounts it, works on it, unmounts it, and mounts once more what has become of it. */
export function runCorruption(value: CorruptionCase, context: CaseContext): CorruptionVerdict {
  const damaged = context.seeds.get(value.image).image.damaged(value.corruptions, value.seal);
  const target = context.targets.find(({ name }) => name === value.target);
  if (target === undefined) throw new Error(`there is no target ${value.target}`);
  const run = new CaseRun(value, target, context);
  const left = run.mountAndExamine(damaged, 0);
  // What was written to a damaged image may be worse than what was there; looking again now and then is enough.
  if (left !== null && value.seed % 3 === 0) run.mountAndExamine(left, 1);
  return { fault: run.fault, refusal: run.refusal, answers: run.answers };
}

class CaseRun {
  fault: Fault | null = null;
  refusal: string | null = null;
  readonly answers = new Map<string, number>();
  readonly #value: CorruptionCase;
  readonly #target: Target;
  readonly #context: CaseContext;

  constructor(value: CorruptionCase, target: Target, context: CaseContext) {
    this.#value = value;
    this.#target = target;
    this.#context = context;
  }

  /** Answers what is on the disk afterwards, or null where there was no mount or something broke. */
  mountAndExamine(image: DiskImage, round: number): DiskImage | null {
    const session = this.#mount(image, round);
    if (session === null) return null;
    const examination = new Examination(session, {
      dice: seededDice(this.#value.seed + 1 + round),
      remountsReadOnly: this.#value.policy.errors === 'remount-ro',
      onStep: () => this.#context.onStep(),
    });
    examination.run();
    for (const [errno, count] of examination.answers)
      this.answers.set(errno, (this.answers.get(errno) ?? 0) + count);
    this.fault = examination.fault;
    if (this.fault !== null) {
      session.abandon();
      return null;
    }
    return this.#unmount(session);
  }

  #mount(image: DiskImage, round: number): Session | null {
    const { image: recipe, policy } = this.#value;
    const setup = 'setup' in recipe ? recipe.setup : DEFAULT_SETUP;
    const options = { faults: [], now: timeOfStep(MOUNT_STEP), policy };
    return this.#trying(
      'mount',
      () => {
        const session = this.#target.mount(image, setup, options);
        if (isPromise(session)) throw new Error('a target that answers later cannot be examined');
        return session;
      },
      (refusal) => {
        if (round === 0) this.refusal = refusal;
      },
    );
  }

  #unmount(session: Session): DiskImage | null {
    const image = this.#trying(
      'unmount',
      () => session.unmount(),
      () => session.abandon(),
    );
    return image === null || isPromise(image) ? null : image;
  }

  #trying<T>(what: string, action: () => T, onRefused: (refusal: string) => void): T | null {
    this.#context.onStep();
    try {
      return action();
    } catch (error) {
      const refusal = this.#context.refusalOf(error);
      if (refusal !== null) {
        onRefused(refusal);
        this.answers.set(`${what} refused`, (this.answers.get(`${what} refused`) ?? 0) + 1);
        if (refusal === 'EIO' || saysDamage(refusal)) this.#unnamed(what, refusal);
        return null;
      }
      const known = error instanceof Error;
      const detail = known ? `${error.name}: ${error.message}` : String(error);
      this.fault = {
        kind: 'threw',
        operation: null,
        detail: `${what}: ${detail}`,
        stack: known ? (error.stack ?? '') : '',
      };
      return null;
    }
  }

  /** A mount has no complaint to ask for: it must throw a corruption itself. An unmount only repeats what was found. */
  #unnamed(what: string, refusal: string): void {
    if (what !== 'mount') return;
    this.fault = { kind: 'unnamed', operation: null, detail: `mount answered ${refusal}`, stack: '' };
  }
}
