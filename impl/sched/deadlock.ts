import type { Task } from './task.ts';

/** No runnable task and nothing in flight: who waits for what, and who holds it. */
export class Deadlock extends Error {
  override readonly name = 'Deadlock';
  /** Whoever cannot go on. Workers that have nothing to do are not among them. */
  readonly blocked: readonly Task[];

  constructor(tasks: readonly Task[]) {
    const blocked = tasks.filter((task) => task.waitingOn?.rests !== true);
    super(`deadlock: ${blocked.map((task) => plight(task, blocked)).join('; ')}`);
    this.blocked = blocked;
  }
}

function plight({ name, waitingOn, held }: Task, blocked: readonly Task[]): string {
  const lock = waitingOn?.lock;
  const holders = blocked.filter((task) => lock !== undefined && task.held.includes(lock));
  const owners =
    holders.length === 0 ? '' : `, which ${holders.map((task) => task.name).join(' and ')} holds`;
  const holding = held.length === 0 ? '' : ` holding ${held.map((one) => one.name).join(', ')}`;
  return `${name} waits for ${waitingOn?.reason ?? 'nothing'}${owners}${holding}`;
}
