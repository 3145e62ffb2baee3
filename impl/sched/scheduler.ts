import { assert, present } from '../lib/assert.ts';
import { Deadlock } from './deadlock.ts';
import { exchangePreemption, rest, type Sleepable } from './sleepable.ts';
import { runToCompletion, type Strategy } from './strategy.ts';
import { Task } from './task.ts';

/** Work for a task, not begun. */
export interface NamedCall {
  readonly name: string;
  readonly start: () => Sleepable<void>;
}

/** A task of its own stack: a coroutine. */
class CoroutineTask extends Task {
  readonly body: Sleepable<void>;

  constructor(id: number, name: string, daemon: boolean, body: Sleepable<void>) {
    super(id, name, daemon);
    this.body = body;
  }
}

/** Steps of one mount. A run that never ends is a livelock, and a finding. */
const STEPS_MAX = 100_000_000;

/**
 * Runs tasks, one at a time, from suspension to suspension. One scheduler lives as long as a mounted file system: its
 * daemons sleep between system calls.
 */
export class Scheduler {
  strategy: Strategy;
  /** Whether the tasks of `callAll` may be preempted wherever the kernel could preempt them, not only where they wait. */
  preemptive = false;
  /** Steps after which a run is taken for endless; whoever runs small programs lowers it. */
  stepsMax = STEPS_MAX;
  current: Task | null = null;
  readonly #tasks: CoroutineTask[] = [];
  #nextId = 1;
  #steps = 0;

  constructor(strategy: Strategy = runToCompletion) {
    this.strategy = strategy;
  }

  /** Starts a kernel worker. It ends with `stop`, or when its body returns. */
  spawnDaemon(name: string, body: Sleepable<void>): Task {
    return this.#add(name, true, body);
  }

  /** Starts a kernel worker that does `work` whenever there is some, and sleeps in between. */
  spawnWorker(name: string, hasWork: () => boolean, work: () => Sleepable<void>): Task {
    return this.#add(name, true, workForEver(hasWork, work));
  }

  /** Forgets a worker that will never be needed again; its `finally` blocks run. */
  stop(task: Task): void {
    const known = this.#tasks.find((each) => each === task);
    this.#remove(task);
    known?.body.return(undefined);
  }

  /** Runs what `start` answers as one task, as `run` does. */
  call<T>(name: string, start: () => Sleepable<T>): T {
    return this.run(name, start());
  }

  /** Runs one task until it returns; daemons run when it waits for them. The usual, sequential way. */
  run<T>(name: string, body: Sleepable<T>): T {
    // The common case never sleeps: it needs no task and no decision.
    const task = new CoroutineTask(
      this.#nextId++,
      name,
      false,
      body as Sleepable<unknown> as Sleepable<void>,
    );
    const outer = this.current;
    this.current = task;
    try {
      const first = body.next();
      if (first.done === true) return first.value;
      task.waitingOn = first.value;
      return this.#runSlow(task, body);
    } finally {
      this.current = outer;
    }
  }

  /** Runs several tasks to their ends, interleaved as the strategy says. */
  runAll(bodies: readonly { readonly name: string; readonly body: Sleepable<void> }[]): void {
    const tasks = bodies.map(({ name, body }) => this.#add(name, false, body));
    const before = exchangePreemption(this.preemptive ? this : null);
    this.current = null;
    try {
      while (tasks.some((task) => this.#tasks.includes(task))) this.#step();
    } finally {
      exchangePreemption(before);
      this.current = null;
      for (const task of tasks) this.#remove(task);
    }
  }

  /** Starts several tasks as `call` starts one, and interleaves them to their ends. */
  callAll(calls: readonly NamedCall[]): void {
    this.runAll(calls.map(({ name, start }) => ({ name, body: start() })));
  }

  /** Whether nobody but the running task is in the middle of something: the others have not begun, or rest. */
  get isAlone(): boolean {
    return this.#tasks.every(
      (task) => task === this.current || task.waitingOn === null || task.waitingOn.rests === true,
    );
  }

  #runSlow<T>(task: CoroutineTask, body: Sleepable<T>): T {
    this.#tasks.push(task);
    try {
      for (;;) {
        const next = this.#choose();
        if (next !== task) {
          this.#advance(next);
          continue;
        }
        this.current = task;
        task.waitingOn = null;
        const step = body.next();
        if (step.done === true) return step.value;
        task.waitingOn = step.value;
      }
    } finally {
      this.#remove(task);
    }
  }

  #add(name: string, daemon: boolean, body: Sleepable<void>): CoroutineTask {
    const task = new CoroutineTask(this.#nextId++, name, daemon, body);
    this.#tasks.push(task);
    return task;
  }

  #remove(task: Task): void {
    const index = this.#tasks.findIndex((each) => each === task);
    if (index >= 0) this.#tasks.splice(index, 1);
  }

  #step(): void {
    this.#advance(this.#choose());
  }

  #choose(): CoroutineTask {
    assert(this.#steps++ < this.stepsMax, 'execution exceeded its step bound: livelock');
    const runnable = this.#tasks.filter((task) => task.runnable);
    const [only] = runnable;
    if (only === undefined) throw new Deadlock(this.#tasks);
    if (runnable.length === 1) return only;
    const chosen = this.strategy.nextTask(runnable, this.current);
    return present(
      runnable.find((task) => task === chosen),
      'a strategy chooses one of those that it was given',
    );
  }

  #advance(task: CoroutineTask): void {
    this.strategy.resumes?.(task, this.current);
    this.current = task;
    task.waitingOn = null;
    const step = task.body.next();
    if (step.done === true) this.#remove(task);
    else task.waitingOn = step.value;
  }
}

function* workForEver(hasWork: () => boolean, work: () => Sleepable<void>): Sleepable<void> {
  for (;;) {
    yield* rest(hasWork);
    yield* work();
  }
}
