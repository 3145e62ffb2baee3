import {
  FolioPool,
  MappableDisk,
  mount,
  preemptionPoint,
  runToCompletion,
  SlowDisk,
  ZeroingDisk,
  type FileSystem,
  type MemoryDisk,
  type Sleepable,
} from '../../../impl/index.ts';
import type { Operation, Outcome, SpaceReport, Timestamp } from '../../../model/index.ts';
import type { CallObserver, RaceOptions, RaceSession, RaceTarget, RaceTask } from '../../race/race-target.ts';
import type { Pilot } from '../../race/schedule.ts';
import type { Setup } from '../../setup.ts';
import type { DiskImage } from '../../target.ts';
import { findingText } from '../typescript/finding-text.ts';
import { diskOf } from '../typescript/target.ts';
import { CallTable } from './call-table.ts';

/** What the sessions of one target share, so that a mount costs little. */
interface Memory {
  pool: FolioPool;
}

/**
 * The TypeScript ext4 as coroutines: the build in which every place where a task may sleep, or be preempted, is one where
 * another task can come in between.
 */
class CoroutineTarget implements RaceTarget {
  readonly name: string;
  readonly #bufferedIomap: boolean;
  readonly #memory: Memory = { pool: FolioPool.used() };

  constructor(name: string, bufferedIomap: boolean) {
    this.name = name;
    this.#bufferedIomap = bufferedIomap;
  }

  mount(image: DiskImage, setup: Setup, { faults, now, stepsMax }: RaceOptions): RaceSession {
    const disk = diskOf(image.snapshot());
    const { data = 'ordered' as const, dataErr = 'ignore' as const, dax, ...options } = setup.mount;
    const device = dax === true ? new MappableDisk(disk) : disk;
    const slow = new SlowDisk(setup.writesZeroes === true ? new ZeroingDisk(device) : device);
    const fs = mount(slow, {
      ...options,
      data,
      dataErr,
      dax: dax === true ? 'always' : null,
      now,
      bufferedIomap: this.#bufferedIomap,
      faults: new Set(faults),
      pool: this.#memory.pool,
    });
    fs.sb.scheduler.stepsMax = stepsMax;
    slow.slowDown(fs.sb.scheduler);
    return new CoroutineSession(fs, disk, this.#memory);
  }
}

class CoroutineSession implements RaceSession {
  readonly #fs: FileSystem;
  readonly #disk: MemoryDisk;
  readonly #memory: Memory;
  readonly #calls: CallTable;

  constructor(fs: FileSystem, disk: MemoryDisk, memory: Memory) {
    this.#fs = fs;
    this.#disk = disk;
    this.#memory = memory;
    this.#calls = new CallTable(fs);
  }

  apply(operation: Operation, now: Timestamp): Outcome {
    this.#fs.now = now;
    return this.#fs.sb.scheduler.call(operation.op, () => this.#calls.perform(operation));
  }

  race(tasks: readonly RaceTask[], now: Timestamp, pilot: Pilot, observer: CallObserver): void {
    this.#fs.now = now;
    const { scheduler } = this.#fs.sb;
    scheduler.strategy = pilot;
    scheduler.preemptive = true;
    this.#fs.concurrently(
      tasks.map(({ name, operations }, task) => ({
        name,
        start: () => this.#performAll(task, operations, observer),
      })),
    );
    scheduler.strategy = runToCompletion;
    scheduler.preemptive = false;
  }

  *#performAll(task: number, operations: readonly Operation[], observer: CallObserver): Sleepable<void> {
    for (const [index, operation] of operations.entries()) {
      if (index > 0) yield* preemptionPoint('the next call');
      observer.invokes(task, index);
      observer.returns(task, index, yield* this.#calls.perform(operation));
    }
  }

  space(): SpaceReport {
    const { blockSize, blocks, blocksFree, blocksAvailable, inodes, inodesFree } = this.#fs.statfs();
    return { blockSize, blocks, blocksFree, blocksAvailable, inodes, inodesFree };
  }

  checkMemory(): void {
    this.#fs.checkInvariants();
  }

  unmount(): DiskImage {
    this.#calls.closeAll();
    this.#fs.unmount();
    return this.#disk;
  }

  complaint(): string | null {
    const finding = this.#fs.corruption;
    return finding === null ? null : findingText(finding);
  }

  abandon(): void {
    // What the broken session took of the pool never comes back.
    this.#memory.pool = FolioPool.used();
  }
}

/** The targets that can race, made anew, by the names that they have everywhere. */
export const raceTargets = (): readonly RaceTarget[] => [
  new CoroutineTarget('impl:buffer_head', false),
  new CoroutineTarget('impl:iomap', true),
];
