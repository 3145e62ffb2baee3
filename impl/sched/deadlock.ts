import type { Task } from './task.ts';

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
