import type { Operation, Outcome, SpaceReport, Timestamp } from '../../model/index.ts';
import type { Setup } from '../setup.ts';
import type { DiskImage } from '../target.ts';
import type { Pilot } from './schedule.ts';

/** A task of a race: one thread of control with a list of operations. */
export interface RaceTask {
  /** As reports name it: `writer`, `flusher`. */
  readonly name: string;
  readonly operations: readonly Operation[];
}

/** One call in a race, and when it ran. */
export interface RaceEvent {
  /** Which task, counted from 0; -1 for calls that nobody ran beside. */
  readonly task: number;
  /** Which of the task's operations, counted from 0. */
  readonly index: number;
  readonly operation: Operation;
  /** Positions on one line that invocations and returns share. */
  readonly invoked: number;
  readonly returned: number;
  readonly outcome: Outcome;
}

/** Hears of each call as it begins and ends. */
export interface CallObserver {
  invokes(task: number, index: number): void;
  returns(task: number, index: number, outcome: Outcome): void;
}

/** What can run operations of several tasks interleaved. */
export interface RaceTarget {
  /** As the command line names it: `impl:iomap`. */
  readonly name: string;
  /** Mounts a copy of the image. */
  mount(image: DiskImage, setup: Setup, options: RaceOptions): RaceSession;
}

export interface RaceOptions {
  /** Names of planted bugs that are switched on. */
  readonly faults: readonly string[];
  readonly now: Timestamp;
  /** Scheduling steps after which a run is taken for a livelock. */
  readonly stepsMax: number;
}

/** A mounted file system. Whatever its methods throw means that the target broke. */
export interface RaceSession {
  /** Performs one operation, with nobody beside it but the workers that it waits for. */
  apply(operation: Operation, now: Timestamp): Outcome;
  /** Performs the operations of all tasks, interleaved as the pilot says. */
  race(tasks: readonly RaceTask[], now: Timestamp, pilot: Pilot, observer: CallObserver): void;
  space(): SpaceReport;
  /** Asserts what must hold in memory while no call runs. */
  checkMemory(): void;
  /** Closes all descriptors and unmounts; the session is over. */
  unmount(): DiskImage;
  /** What the target found wrong on its disk. */
  complaint(): string | null;
  /** Forgets a session in which the target broke. */
  abandon(): void;
}
