import { assert } from '../lib/assert.ts';
import type { Sleepable } from './sleepable.ts';
import { runToCompletion, type Strategy } from './strategy.ts';
import { Task } from './task.ts';

/** No runnable task and nothing in flight: who waits for what. */
export class Deadlock extends Error {
  override readonly name = 'Deadlock';
  readonly blocked: readonly Task[];

  constructor(blocked: readonly Task[]) {
    const lines = blocked.map((task) => {
      const held = task.held.map((lock) => lock.name).join(', ');
      return `${task.name} waits for ${task.waitingOn?.reason ?? 'nothing'}${held && ` holding ${held}`}`;
    });
    super(`deadlock: ${lines.join('; ')}`);
    this.blocked = blocked;
  }
}

/** A run that never ends is a livelock, and a finding. */
const STEPS_MAX = 100_000_000;

/**
 * Runs tasks, one at a time, from suspension to suspension. One scheduler lives as long as a mounted file system: its
 * daemons sleep between system calls.
 */
export class Scheduler {
  strategy: Strategy;
  current: Task | null = null;
  readonly #tasks: Task[] = [];
  #nextId = 1;
  #steps = 0;

  constructor(strategy: Strategy = runToCompletion) {
    this.strategy = strategy;
  }

  /** Starts a kernel worker. It ends with `stop`, or when its body returns. */
  spawnDaemon(name: string, body: Sleepable<void>): Task {
    return this.#add(name, true, body);
  }

  /** Forgets a worker that will never be needed again; its `finally` blocks run. */
  stop(task: Task): void {
    this.#remove(task);
    task.body.return(undefined);
  }

  /** Runs one task until it returns; daemons run when it waits for them. The usual, sequential way. */
  run<T>(name: string, body: Sleepable<T>): T {
    // The common case never sleeps: it needs no task and no decision.
    const task = new Task(this.#nextId++, name, false, body as Sleepable<unknown> as Sleepable<void>);
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
    try {
      while (tasks.some((task) => this.#tasks.includes(task))) this.#step();
    } finally {
      for (const task of tasks) this.#remove(task);
    }
  }

  #runSlow<T>(task: Task, body: Sleepable<T>): T {
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

  #add(name: string, daemon: boolean, body: Sleepable<void>): Task {
    const task = new Task(this.#nextId++, name, daemon, body);
    this.#tasks.push(task);
    return task;
  }

  #remove(task: Task): void {
    const index = this.#tasks.indexOf(task);
    if (index >= 0) this.#tasks.splice(index, 1);
  }

  #step(): void {
    this.#advance(this.#choose());
  }

  #choose(): Task {
    assert(this.#steps++ < STEPS_MAX, 'execution exceeded its step bound: livelock');
    const runnable = this.#tasks.filter((task) => task.runnable);
    const [only] = runnable;
    if (only === undefined) throw new Deadlock(this.#tasks.filter((task) => !task.daemon));
    return runnable.length === 1 ? only : this.strategy.nextTask(runnable, this.current);
  }

  #advance(task: Task): void {
    this.current = task;
    task.waitingOn = null;
    const step = task.body.next();
    if (step.done === true) this.#remove(task);
    else task.waitingOn = step.value;
  }
}
