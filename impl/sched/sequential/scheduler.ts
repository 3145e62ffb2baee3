import { assert } from '../../lib/assert.ts';
import { Deadlock } from '../deadlock.ts';
import { runToCompletion, type Strategy } from '../strategy.ts';
import { Task, type HeldLock } from '../task.ts';
import { exchangeSleep, type Sleep } from './sleepable.ts';

/** Work for a task. */
export interface NamedCall {
  readonly name: string;
  readonly start: () => void;
}

/** A kernel worker: what it does when there is something to do. */
class Worker extends Task {
  readonly hasWork: () => boolean;
  readonly work: () => void;
  busy = false;

  constructor(id: number, name: string, hasWork: () => boolean, work: () => void) {
    super(id, name, true);
    this.hasWork = hasWork;
    this.work = work;
  }
}

/** Work that never makes the sleeper's condition true is a livelock, and a finding. */
const STEPS_MAX = 10_000_000;

/**
 * What stands in the place of sched/scheduler.ts where one task runs at a time. A task that sleeps calls the workers on top
 * of its own stack until it may go on, and so does a worker that sleeps. Who goes on is chosen as `runToCompletion` does.
 * Who waits for somebody below him on the stack is deadlocked: with coroutines he would be, too, as the one below waits for
 * him.
 */
export class Scheduler {
  current: Task | null = null;
  readonly #workers: Worker[] = [];
  readonly #sleepers: Task[] = [];
  #nextId = 1;
  #steps = 0;
  /** For the next call: a new list for each is a tenth of what a small write allocates. */
  #held: HeldLock[] = [];
  readonly #sleep: Sleep = (reason, isReady) => {
    this.#runWorkers(reason, isReady);
  };

  /** `strategy` has nothing to choose; it is there to be refused, when somebody counts on it. */
  constructor(strategy: Strategy = runToCompletion) {
    assert(strategy === runToCompletion, 'one task at a time: no strategy can interleave here');
  }

  /** Starts a kernel worker that does `work` whenever there is some, and sleeps in between. */
  spawnWorker(name: string, hasWork: () => boolean, work: () => void): Task {
    const worker = new Worker(this.#nextId++, name, hasWork, work);
    this.#workers.push(worker);
    return worker;
  }

  /** Forgets a worker that will never be needed again. */
  stop(task: Task): void {
    const index = this.#workers.findIndex((worker) => worker === task);
    if (index >= 0) this.#workers.splice(index, 1);
  }

  /** Runs `start` as one task; workers run when it sleeps. */
  call<T>(name: string, start: () => T): T {
    const outer = this.current;
    const sleepBefore = exchangeSleep(this.#sleep);
    const held = outer === null ? this.#held : [];
    this.current = new Task(this.#nextId++, name, false, held);
    try {
      return start();
    } finally {
      // Who was stopped by a failure of ours may hold something for ever.
      if (held.length > 0) this.#held = [];
      this.current = outer;
      exchangeSleep(sleepBefore);
    }
  }

  /** Runs the calls one after the other: that, too, is a schedule. */
  callAll(calls: readonly NamedCall[]): void {
    for (const { name, start } of calls) this.call(name, start);
  }

  /** Whether nobody waits below the running task on the stack. */
  get isAlone(): boolean {
    return this.#sleepers.length === 0;
  }

  #runWorkers(reason: string, isReady: () => boolean): void {
    const sleeper = this.current;
    if (sleeper === null) throw new Error(`no task waits for ${reason}`);
    sleeper.waitingOn = { reason, ready: isReady };
    this.#sleepers.push(sleeper);
    try {
      for (let next = this.#nextFor(sleeper); next !== null; next = this.#nextFor(sleeper)) this.#run(next);
    } finally {
      this.#sleepers.pop();
      sleeper.waitingOn = null;
      this.current = sleeper;
    }
  }

  /** Who goes on: the worker with the lowest id that has work, or the sleeper (null), if he may and his id is lower. */
  #nextFor(sleeper: Task): Worker | null {
    const worker = this.#workers.find((each) => !each.busy && each.hasWork());
    if ((worker === undefined || worker.id > sleeper.id) && sleeper.runnable) return null;
    if (worker === undefined) throw new Deadlock([...this.#sleepers]);
    return worker;
  }

  /** The one who runs goes on while there is something to do for him. */
  #run(worker: Worker): void {
    worker.busy = true;
    this.current = worker;
    try {
      while (worker.hasWork()) {
        assert(this.#steps++ < STEPS_MAX, 'execution exceeded its step bound: livelock');
        worker.work();
      }
    } finally {
      worker.busy = false;
    }
  }
}
