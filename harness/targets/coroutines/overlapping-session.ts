import {
  FolioPool,
  mount,
  RecordingDisk,
  runToCompletion,
  SlowDisk,
  type FileSystem,
  type MemoryDisk,
  type MountRequest,
  type Sleepable,
  type Strategy,
} from '../../../impl/index.ts';
import type { Operation, Outcome, Timestamp } from '../../../model/index.ts';
import type { DiskRecording, OverlappingCrashSession, ReturnedCall } from '../../crash/crash-target.ts';
import { CallTable } from './call-table.ts';

/** As the scheduler knows the two calls. */
const FIRST = 'the call that is overtaken';
const SECOND = 'the call that overtakes it';

type Task = Parameters<Strategy['nextTask']>[0][number];

/**
 * Holds the second call back for so many turns, and until the first has looked up what it is about: it may be a descriptor that the second
 * closes. Then the second goes on wherever it can.
 */
class Overtaking implements Strategy {
  readonly #turns: number;
  #taken = 0;
  #begun = false;

  constructor(turns: number) {
    this.#turns = turns;
  }

  nextTask(runnable: readonly Task[], current: Task | null): Task {
    const second = runnable.find(({ name }) => name === SECOND);
    if (second === undefined) return runToCompletion.nextTask(runnable, current);
    if (this.#begun && this.#taken >= this.#turns) return second;
    return runToCompletion.nextTask(
      runnable.filter((task) => task !== second),
      current,
    );
  }

  resumes({ name }: Task): void {
    this.#taken++;
    if (name === FIRST) this.#begun = true;
  }
}

/**
 * The TypeScript ext4 as coroutines on a device that records. Its transfers end when a task says so, so that a call which waits
 * for one can be overtaken there.
 */
export class OverlappingSession implements OverlappingCrashSession {
  readonly recording: DiskRecording;
  readonly #fs: FileSystem;
  readonly #calls: CallTable;

  /** `recordingOf` makes of a disk and what was written since the recording that is judged. */
  constructor(
    disk: MemoryDisk,
    writesZeroes: boolean,
    request: Omit<MountRequest, 'callbackCounts' | 'pool'>,
    recordingOf: (start: MemoryDisk, writes: DiskRecording['writes']) => DiskRecording,
  ) {
    const device = new RecordingDisk(disk, writesZeroes);
    const slow = new SlowDisk(device);
    this.#fs = mount(slow, { ...request, callbackCounts: null, pool: FolioPool.used() });
    slow.slowDown(this.#fs.sb.scheduler);
    this.#calls = new CallTable(this.#fs);
    this.recording = recordingOf(device.start, device.writes);
  }

  apply(operation: Operation, now: Timestamp): Outcome {
    this.#fs.now = now;
    return this.#fs.sb.scheduler.call(operation.op, () => this.#calls.perform(operation));
  }

  applyBoth(
    [first, second]: readonly [Operation, Operation],
    now: Timestamp,
    turns: number,
  ): readonly ReturnedCall[] {
    const returned = new Map<Operation, ReturnedCall>();
    this.#fs.now = now;
    const { scheduler } = this.#fs.sb;
    scheduler.strategy = new Overtaking(turns);
    this.#fs.concurrently([
      { name: FIRST, start: () => this.#perform(first, returned) },
      { name: SECOND, start: () => this.#perform(second, returned) },
    ]);
    scheduler.strategy = runToCompletion;
    return [first, second].flatMap((operation) => returned.get(operation) ?? []);
  }

  *#perform(operation: Operation, returned: Map<Operation, ReturnedCall>): Sleepable<void> {
    const outcome = yield* this.#calls.perform(operation);
    returned.set(operation, { operation, outcome, returned: this.recording.writes.length });
  }

  end(): void {
    this.#calls.closeAll();
    this.#fs.unmount();
  }

  abandon(): void {
    // Nothing of it is anybody else's.
  }
}
