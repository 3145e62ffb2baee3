import type { Operation, Outcome, Path } from '../model/index.ts';
import type { Case } from './case.ts';
import { describe, difference } from './compare.ts';
import { runCase, type DriveOptions } from './drive.ts';
import { sameFailure } from './failure.ts';
import { ALL_STAGES } from './finish.ts';
import { Broke, type Answer, type Lane, type Participant } from './lockstep.ts';
import type { MemoryPicture } from './memory-picture.ts';
import { timeOfStep } from './setup.ts';
import { STEPS_MAX, storyOf, type Story, type StoryAnswer, type StoryStep } from './story.ts';
import type { Evidence, Verdict } from './verdict.ts';

/** Names that are looked up for pictures, at most. */
const PATHS_MAX = 32;

/**
 * Runs a case once more, and writes down what everybody answered and had in memory after each step. Looking may change what is
 * cached, so the story says whether the run still failed in the same way.
 */
export async function recordStory(found: Case, evidence: Evidence, drive: DriveOptions): Promise<Story> {
  const recorder = new Recorder(found);
  const { verdict } = await runCase(found.setup, found.operations, {
    ...drive,
    stages: ALL_STAGES,
    onOutcome: (_, expected, participants, answers) => recorder.hear(expected, participants, answers),
    onStepped: (step, lanes) => recorder.look(step, lanes),
  });
  return storyOf(found, evidence, { recorded: seenAgain(found, verdict), steps: recorder.steps });
}

function seenAgain({ failure }: Case, verdict: Verdict): Story['recorded'] {
  if (verdict.kind !== 'fails' || failure === null) return 'gone';
  return sameFailure(failure, verdict.failure) ? 'same' : 'other';
}

class Recorder {
  readonly steps: StoryStep[] = [];
  readonly #paths: readonly Path[];
  /** Steps before this one are not kept. */
  readonly #from: number;
  readonly #answers = new Map<string, Omit<StoryAnswer, 'picture'>>();
  readonly #last = new Map<string, string>();
  #expected = '';

  constructor({ operations, failure }: Case) {
    this.#paths = pathsIn(operations);
    this.#from = Math.max(0, (failure?.step ?? operations.length) + 1 - STEPS_MAX);
  }

  hear(expected: Outcome, participants: readonly Participant[], answers: readonly Answer[]): void {
    this.#expected = describe(expected);
    for (const [index, { name, session }] of participants.entries()) {
      const answer = answers[index];
      if (answer === undefined) continue;
      const broke = answer instanceof Broke;
      this.#answers.set(name, {
        target: name,
        text: broke ? `broke: ${wordsOf(answer.error)}` : describe(answer),
        agrees: !broke && difference(expected, answer, session.sameTime) === null,
      });
    }
  }

  async look(step: number, lanes: readonly Lane[]): Promise<void> {
    const answers: StoryAnswer[] = [];
    for (const { participants } of lanes) {
      for (const participant of participants) {
        const { name } = participant;
        const heard = this.#answers.get(name) ?? { target: name, text: '', agrees: true };
        if (step >= this.#from) answers.push({ ...heard, picture: await this.#picture(participant, step) });
      }
    }
    if (step >= this.#from) this.steps.push({ step, expected: this.#expected, answers });
    this.#answers.clear();
    this.#expected = '';
  }

  async #picture({ name, session }: Participant, step: number): Promise<StoryAnswer['picture']> {
    const picture = await pictureOf(session, this.#paths, step);
    if (picture === null) return null;
    const text = JSON.stringify(picture);
    if (this.#last.get(name) === text) return 'same';
    this.#last.set(name, text);
    return picture;
  }
}

/** A target that has just broken may have nothing to show any more. */
async function pictureOf(
  session: Participant['session'],
  paths: readonly Path[],
  step: number,
): Promise<MemoryPicture | null> {
  try {
    return (await session.picture?.(paths, timeOfStep(step))) ?? null;
  } catch {
    return null;
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Every name that the operations mention, in order. */
function pathsIn(operations: readonly Operation[]): Path[] {
  const paths = new Set<Path>();
  for (const operation of operations) {
    for (const key of ['path', 'to'] as const) {
      const value = (operation as unknown as Record<string, unknown>)[key];
      if (typeof value === 'string' && !/^fd\d+$/.test(value)) paths.add(value);
      if (paths.size === PATHS_MAX) return [...paths];
    }
  }
  return [...paths];
}
