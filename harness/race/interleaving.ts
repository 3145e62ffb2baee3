import type { Outcome } from '../../model/index.ts';
import { describe } from '../compare.ts';
import type { StoryTurn } from '../story.ts';
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
  readonly #tasks = new Set<ScheduledTask>();
  #passed: string[] = [];
  #last: ScheduledTask | null = null;

  constructor(program: RaceProgram) {
    this.#program = program;
  }

  readonly steps = (task: ScheduledTask, previous: ScheduledTask | null): void => {
    this.#tasks.add(task);
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

  /** The whole story, when the run is over. */
  text(): string {
    this.#leave(this.#last);
    return this.soFar();
  }

  /** The same as data, when it was told. */
  get turns(): readonly StoryTurn[] {
    return this.#turns;
  }

  /** What has been told by now. */
  soFar(): string {
    const width = Math.max(0, ...this.#turns.map(({ name }) => name.length));
    const pending = this.#passed.length === 0 ? [] : [passesLine(this.#passed)];
    const last = this.#turns.length - 1;
    const turns = this.#turns.map(({ name, lines }, at) => ({
      name,
      lines: at === last ? [...lines, ...pending] : lines,
    }));
    return turns
      .flatMap(({ name, lines }) =>
        lines.map((line, index) => `${(index === 0 ? name : '').padEnd(width)}  ${line}`),
      )
      .join('\n');
  }

  #leave(task: ScheduledTask | null): void {
    this.#flush();
    if (task === null || task.waitingOn === null) return;
    if (task.waitingOn.rests === true) {
      // A worker that came to an end of its work on the way to nothing else: its turn is not to be a blank.
      const turn = this.#turns[this.#turns.length - 1];
      if (turn?.lines.length === 0) turn.lines.push('does what it was woken for');
      return;
    }
    const { reason } = task.waitingOn;
    const holding = task.held.length === 0 ? '' : `; holds ${task.held.map(({ name }) => name).join(', ')}`;
    const how = task.runnable
      ? `>>> is preempted before ${reason}`
      : `waits for ${reason}${this.#ownersOf(task)}`;
    this.#turns[this.#turns.length - 1]?.lines.push(`${how}${holding}`);
  }

  /** Who has the lock that the task waits for. */
  #ownersOf({ waitingOn }: ScheduledTask): string {
    const lock = waitingOn?.lock;
    if (lock === undefined) return '';
    const owners = [...this.#tasks].filter(({ held }) => held.includes(lock)).map(({ name }) => name);
    return owners.length === 0 ? '' : ` (held by ${owners.join(' and ')})`;
  }

  #say(line: string): void {
    this.#flush();
    this.#turns[this.#turns.length - 1]?.lines.push(line);
  }

  #flush(): void {
    if (this.#passed.length > 0) this.#turns[this.#turns.length - 1]?.lines.push(passesLine(this.#passed));
    this.#passed = [];
  }

  #call(task: number, index: number): string {
    const operation = this.#program.tasks[task]?.operations[index];
    return operation === undefined ? 'nothing' : operationText(operation);
  }
}

const passesLine = (reasons: readonly string[]): string => `  passes ${reasons.join(', ')}`;
