import type { Operation, Outcome, SpaceReport, Timestamp } from '../../model/index.ts';
import type { DiskImage, Target } from '../target.ts';
import {
  lookAtEverything,
  TIME_AFTER,
  TIME_BEFORE,
  TIME_OF_IMAGE,
  TIME_OF_RACE,
  type RaceProgram,
} from './program.ts';
import type { CallObserver, RaceEvent, RaceTarget } from './race-target.ts';
import type { Pilot } from './schedule.ts';

/** Scheduling steps that a small program cannot need. */
const STEPS_MAX = 200_000;

/** What came of one schedule of a program. */
export interface RaceRun {
  /** Every call: those before the race, those in it, and the look at everything afterwards. */
  readonly events: readonly RaceEvent[];
  /** What was thrown that no system call answers; undefined when nothing was. */
  readonly thrown?: unknown;
  /** The calls that were running when it was thrown. */
  readonly running: readonly { readonly task: number; readonly index: number }[];
  readonly complaint: string | null;
  /** After a sync with no descriptor open; null when the target broke. */
  readonly space: SpaceReport | null;
  /** The unmounted disk; null when the target broke. */
  readonly image: DiskImage | null;
}

/** Makes the disk that every schedule of a program starts from, on the target that runs one operation at a time. */
export async function imageOf(program: RaceProgram, target: Target): Promise<DiskImage> {
  const session = await target.start(program.setup, { faults: [], now: TIME_OF_IMAGE });
  for (const operation of program.image) await session.apply(operation, TIME_OF_IMAGE);
  const image = await session.unmount();
  if (image === null) throw new Error(`${target.name} has no disk of its own`);
  return image;
}

/** Runs a program once, from its disk on, as the pilot says. */
export function runProgram(
  program: RaceProgram,
  target: RaceTarget,
  image: DiskImage,
  pilot: Pilot,
  story: CallObserver | null = null,
): RaceRun {
  const { setup, faults } = program;
  const recorder = new Recorder(program, story);
  const session = target.mount(image, setup, { faults, now: TIME_BEFORE, stepsMax: STEPS_MAX });
  try {
    const applyAll = (operations: readonly Operation[], now: Timestamp): void => {
      for (const operation of operations) recorder.alone(operation, () => session.apply(operation, now));
    };
    applyAll(program.before, TIME_BEFORE);
    session.race(program.tasks, TIME_OF_RACE, pilot, recorder);
    session.checkMemory();
    applyAll(lookAtEverything(program), TIME_AFTER);
    for (const operation of closes(program)) session.apply(operation, TIME_AFTER);
    session.apply({ op: 'sync' }, TIME_AFTER);
    const space = session.space();
    const complaint = session.complaint();
    return { ...recorder.result(), complaint, space, image: session.unmount() };
  } catch (thrown) {
    session.abandon();
    return { ...recorder.result(), thrown, complaint: session.complaint(), space: null, image: null };
  }
}

/** Nothing is open or mapped when space is counted; descriptors that a task closed already answer EBADF. */
const closes = (program: RaceProgram): Operation[] => [
  ...program.before.flatMap((operation): Operation[] =>
    operation.op === 'mmap' ? [{ op: 'munmap', mapping: operation.as }] : [],
  ),
  ...lookAtEverything(program).flatMap((operation): Operation[] =>
    operation.op === 'fstat' ? [{ op: 'close', handle: operation.handle }] : [],
  ),
];

/** Writes down when each call began and ended. */
class Recorder implements CallObserver {
  readonly #program: RaceProgram;
  readonly #events: RaceEvent[] = [];
  readonly #invoked = new Map<number, { readonly index: number; readonly at: number }>();
  readonly #story: CallObserver | null;
  #clock = 0;

  constructor(program: RaceProgram, story: CallObserver | null) {
    this.#program = program;
    this.#story = story;
  }

  alone(operation: Operation, call: () => Outcome): void {
    const invoked = this.#clock++;
    const outcome = call();
    const index = this.#events.length;
    this.#events.push({ task: -1, index, operation, invoked, returned: this.#clock++, outcome });
  }

  invokes(task: number, index: number): void {
    this.#story?.invokes(task, index);
    this.#invoked.set(task, { index, at: this.#clock++ });
  }

  returns(task: number, index: number, outcome: Outcome): void {
    const operation = this.#program.tasks[task]?.operations[index];
    const began = this.#invoked.get(task);
    if (operation === undefined || began === undefined) throw new Error('a call returned that nobody made');
    this.#story?.returns(task, index, outcome);
    this.#invoked.delete(task);
    this.#events.push({ task, index, operation, invoked: began.at, returned: this.#clock++, outcome });
  }

  result(): Pick<RaceRun, 'events' | 'running'> {
    const running = [...this.#invoked].map(([task, { index }]) => ({ task, index }));
    return { events: this.#events, running };
  }
}
