import type { Outcome } from '../../model/index.ts';
import { describe } from '../compare.ts';
import { operationText } from '../program-text.ts';
import type { RaceProgram } from './program.ts';
import type { CallObserver } from './race-target.ts';
import type { ScheduledTask } from './schedule.ts';

/** Lines for one task until another goes on. */
interface Turn {
  readonly name: string;
  readonly lines: string[];
}

/**
 * Tells a run as a story: who ran, what he passed on the way, where he was stopped, and what he held there. It is told of
 * steps and calls while they happen.
 */
export class Interleaving implements CallObserver {
  readonly #program: RaceProgram;
  readonly #turns: Turn[] = [];
  #passed: string[] = [];
  #last: ScheduledTask | null = null;

  constructor(program: RaceProgram) {
    this.#program = program;
  }

  readonly steps = (task: ScheduledTask, previous: ScheduledTask | null): void => {
    if (task !== this.#last) {
      this.#leave(previous);
      this.#turns.push({ name: task.name, lines: [] });
      this.#last = task;
    }
    const { waitingOn } = task;
    if (waitingOn !== null && waitingOn.rests !== true) this.#passed.push(waitingOn.reason);
  };

  invokes(task: number, index: number): void {
    this.#say(`calls ${this.#call(task, index)}`);
  }

  returns(task: number, index: number, outcome: Outcome): void {
    this.#say(`returns ${describe(outcome)} from ${this.#call(task, index)}`);
  }

  /** The whole story; `end` says how it ended. */
  text(): string {
    this.#leave(this.#last);
    const width = Math.max(0, ...this.#turns.map(({ name }) => name.length));
    const told = this.#turns.filter(({ lines }) => lines.length > 0);
    return told
      .flatMap(({ name, lines }) =>
        lines.map((line, index) => `${(index === 0 ? name : '').padEnd(width)}  ${line}`),
      )
      .join('\n');
  }

  #leave(task: ScheduledTask | null): void {
    this.#flush();
    if (task === null || task.waitingOn === null || task.waitingOn.rests === true) return;
    const { reason } = task.waitingOn;
    const holding = task.held.length === 0 ? '' : `, holding ${task.held.map(({ name }) => name).join(', ')}`;
    const how = task.runnable ? `is preempted before ${reason}` : `waits for ${reason}`;
    this.#turns[this.#turns.length - 1]?.lines.push(`${how}${holding}`);
  }

  #say(line: string): void {
    this.#flush();
    this.#turns[this.#turns.length - 1]?.lines.push(line);
  }

  #flush(): void {
    if (this.#passed.length > 0) {
      this.#turns[this.#turns.length - 1]?.lines.push(`  passes ${this.#passed.join(', ')}`);
    }
    this.#passed = [];
  }

  #call(task: number, index: number): string {
    const operation = this.#program.tasks[task]?.operations[index];
    return operation === undefined ? 'nothing' : operationText(operation);
  }
}
