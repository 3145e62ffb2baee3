/** Where the time of a run goes. */
export const STAGES = [
  'generate',
  'start',
  'run',
  'inspect',
  'recover',
  'unmount',
  'remount',
  'record',
  'wait',
] as const;

/** One stage of a sequence, of which time is told. */
export type Stage = (typeof STAGES)[number];

/** Adds up, stage by stage, the time since the last change of stage. Milliseconds. */
export class StageClock {
  readonly #spent = new Map<Stage, number>();
  #stage: Stage | null = null;
  #since = 0;

  /** From now on time goes to `stage`; to none when it is null. */
  enter(stage: Stage | null): void {
    const now = performance.now();
    if (this.#stage !== null) this.#spent.set(this.#stage, this.spent(this.#stage) + now - this.#since);
    this.#stage = stage;
    this.#since = now;
  }

  spent(stage: Stage): number {
    return this.#spent.get(stage) ?? 0;
  }

  /** Every stage with the time spent in it. */
  all(): Record<Stage, number> {
    return Object.fromEntries(STAGES.map((stage) => [stage, this.spent(stage)])) as Record<Stage, number>;
  }
}
