import { createHash } from 'node:crypto';
import type { Outcome } from '../../model/index.ts';
import { judgeSpace } from '../judges/space.ts';
import { withoutNumbers } from '../judges/crash-of-target.ts';
import { eventText, explain, type Explanation } from './explain.ts';
import type { RaceProgram } from './program.ts';
import type { RaceEvent } from './race-target.ts';
import type { RaceRun } from './run-program.ts';

export const RACE_FAILURES = [
  /** Nobody can go on. */
  'deadlock',
  /** It goes on for ever. */
  'livelock',
  /** It goes on for ever without ever sleeping, so that nobody else can run. */
  'hang',
  /** The thread that ran it died, or took too much memory. */
  'died',
  /** A lock was taken against the order. */
  'lock-order',
  /** Something else was thrown that no system call answers. */
  'crash',
  /** The target itself found its disk corrupt. */
  'complaint',
  /** No order of the operations explains what they answered, or what there is in the end. */
  'result',
  /** Free space is not what the bitmaps say. */
  'space',
  /** e2fsck complains about the image. */
  'e2fsck',
  /** Mounted again, the files are others than before. */
  'remount',
] as const;

/** What went wrong in a race. */
export interface RaceFailure {
  readonly kind: (typeof RACE_FAILURES)[number];
  /** Coarse and stable, so that two failures can be called the same. */
  readonly detail: string;
  /** For a person; of several lines. */
  readonly words: string;
}

export const sameRaceFailure = (left: RaceFailure, right: RaceFailure): boolean =>
  left.kind === right.kind && left.detail === right.detail;

const IN_THE_END = 'in the end';
const IN_THE_RACE = 'in the race';

/** The same failure where it does not matter when somebody looked: what a read beside the race shows, the look afterwards shows without it. */
export const wherever = (failure: RaceFailure): RaceFailure => ({
  ...failure,
  detail: failure.detail.replace(IN_THE_RACE, IN_THE_END),
});

/** Judges runs of one program. What was judged once is known: most schedules differ in nothing that shows. */
export class RunJudge {
  readonly #program: RaceProgram;
  readonly #onOrder: () => void;
  readonly #known = new Map<string, Explanation>();
  /** Runs of which could not be said whether an order explains them. */
  undecided = 0;

  /** `onOrder` hears of every order that is tried. */
  constructor(program: RaceProgram, onOrder: () => void = () => undefined) {
    this.#program = program;
    this.#onOrder = onOrder;
  }

  /** How many different stories there were. */
  get stories(): number {
    return this.#known.size;
  }

  /** Everything but what e2fsck and another mount say of the image. */
  judge(run: RaceRun): RaceFailure | null {
    if (run.thrown !== undefined) return thrownFailure(run.thrown);
    if (run.complaint !== null) {
      return { kind: 'complaint', detail: withoutNumbers(run.complaint), words: run.complaint };
    }
    return this.#resultFailure(run) ?? spaceFailure(this.#program, run);
  }

  #resultFailure({ events }: RaceRun): RaceFailure | null {
    const key = storyOf(events);
    const known = this.#known.get(key) ?? explain(this.#program, events, this.#onOrder);
    this.#known.set(key, known);
    if (known === 'explained') return null;
    if (known === 'too many orders') {
      this.undecided++;
      return null;
    }
    const { event, what, expected, observed } = known;
    const who = event.task < 0 ? IN_THE_END : (this.#program.tasks[event.task]?.name ?? '');
    return {
      kind: 'result',
      detail: `${event.operation.op} ${event.task < 0 ? IN_THE_END : IN_THE_RACE}: ${what}`,
      words: [
        `no order of the operations explains ${eventText(event)} (${who})`,
        `expected: ${expected}`,
        `observed: ${observed}`,
      ].join('\n'),
    };
  }
}

function thrownFailure(thrown: unknown): RaceFailure {
  const name = thrown instanceof Error ? thrown.name : 'exception';
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const words = thrown instanceof Error ? (thrown.stack ?? message) : message;
  if (name === 'Deadlock') return { kind: 'deadlock', detail: withoutNumbers(message), words: message };
  if (name === 'LockOrderViolation') return { kind: 'lock-order', detail: withoutNumbers(message), words };
  if (/livelock/.test(message)) return { kind: 'livelock', detail: 'livelock', words };
  return { kind: 'crash', detail: `${name}: ${withoutNumbers(message)}`, words };
}

function spaceFailure({ target }: RaceProgram, { space, image }: RaceRun): RaceFailure | null {
  if (space === null || image === null) return null;
  const verdict = judgeSpace(target, space, image);
  if (verdict.kind !== 'fails') return null;
  const { failure, evidence } = verdict;
  const words = `${evidence.summary}\nexpected: ${evidence.expected ?? ''}\nobserved: ${evidence.observed ?? ''}`;
  return { kind: 'space', detail: failure.detail, words };
}

/** What was answered, and which call was over before which other began: all that an explanation depends on. */
function storyOf(events: readonly RaceEvent[]): string {
  const ordered = [...events].sort((left, right) => left.task - right.task || left.index - right.index);
  const hash = createHash('sha1');
  for (const event of ordered) {
    const before = ordered.map((other) => (other.returned < event.invoked ? '1' : '0')).join('');
    hash.update(`${event.task} ${event.index} ${before} `);
    addOutcome(hash, event.outcome);
  }
  return hash.digest('base64');
}

function addOutcome(hash: ReturnType<typeof createHash>, outcome: Outcome): void {
  if (outcome.ok && outcome.value.kind === 'data') hash.update(outcome.value.bytes);
  else hash.update(JSON.stringify(outcome));
}
