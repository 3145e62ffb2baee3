import type { CorruptionCase } from '../corrupt/corruption-case.ts';
import { faultKey, type CorruptionProgress } from '../corrupt/corruption-result.ts';
import {
  drawCase,
  runCorruption,
  type CaseContext,
  type CorruptionVerdict,
} from '../corrupt/run-corruption.ts';
import { SeedImages } from '../corrupt/seed-images.ts';
import type { CorruptJob, Message } from '../job.ts';
import { targetsNamed } from '../targets/all.ts';
import { refusalOf } from '../targets/typescript/dissection.ts';
import { typescriptImageSource } from '../targets/typescript/image-source.ts';
import type { Workbench } from './workbench.ts';

const PROGRESS_EVERY_MS = 100;

/** The job of `twinpath corrupt`: damaged images, one after the other. */
export async function runCorrupt(
  job: CorruptJob,
  bench: Workbench,
  say: (message: Message) => void,
  signal: AbortSignal,
): Promise<void> {
  const { plan } = job;
  const seeds = new SeedImages(typescriptImageSource());
  const targets = targetsNamed(plan.targets);
  const names = targets.map(({ name }) => name);
  const tally = new Tally();
  let number = plan.from;
  let step = 0;
  const onStep = (): void => bench.beat(number, step++);
  const context: CaseContext = { seeds, targets, refusalOf, onStep };
  const startedAt = performance.now();
  let toldAt = startedAt;
  for (; number < plan.to && !signal.aborted; number++) {
    step = 0;
    onStep();
    const value = plan.cases?.[number] ?? drawCase(plan.seed, number, plan.recipes, names, seeds);
    const verdict = runCorruption(value, context);
    tally.add(verdict);
    if (verdict.fault !== null) say({ type: 'damage', number, ...smallest(value, verdict, context) });
    const now = performance.now();
    if (now - toldAt < PROGRESS_EVERY_MS) continue;
    toldAt = now;
    say({ type: 'damaging', progress: tally.progress() });
    // Lets a request to stop in.
    await new Promise(setImmediate);
    if (plan.durationMs !== null && now - startedAt >= plan.durationMs) break;
  }
  say({ type: 'damaged', progress: tally.progress() });
}

/** What has been seen so far. */
class Tally {
  #images = 0;
  #mounted = 0;
  readonly #answers = new Map<string, number>();

  add({ refusal, answers }: CorruptionVerdict): void {
    this.#images++;
    if (refusal === null) this.#mounted++;
    for (const [answer, count] of answers)
      this.#answers.set(answer, (this.#answers.get(answer) ?? 0) + count);
  }

  progress(): CorruptionProgress {
    return { images: this.#images, mounted: this.#mounted, answers: Object.fromEntries(this.#answers) };
  }
}

interface Found {
  readonly case: CorruptionCase;
  readonly stack: string;
}

/** Leaves out what damage is not needed for the same fault. */
function smallest(value: CorruptionCase, verdict: CorruptionVerdict, context: CaseContext): Found {
  let best = value;
  let { fault } = verdict;
  for (let index = value.corruptions.length - 1; index >= 0 && best.corruptions.length > 1; index--) {
    const fewer = { ...best, corruptions: best.corruptions.filter((_, at) => at !== index) };
    const again = runCorruption(fewer, context).fault;
    if (again === null || fault === null || faultKey(again) !== faultKey(fault)) continue;
    best = fewer;
    fault = again;
  }
  const { kind, detail, stack } = fault ?? { kind: 'threw', detail: '', stack: '' };
  return { case: { ...best, fault: { kind, detail } }, stack };
}
