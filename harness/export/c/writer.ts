import type { Handle, MappingName, Outcome, Value } from '../../../model/index.ts';
import { expectation, number, runsWords, text } from './words.ts';

/** Puts the calls of a program together, and remembers what they need. */
export class CWriter {
  readonly lines: string[] = [];
  readonly parts = new Set<string>();
  readonly variables = new Set<Handle | MappingName>();
  /** The most bytes that one call reads. */
  bufferBytes = 0;
  #step = 0;
  #label = '';
  #expected: Outcome | null = null;

  /** The calls from here on are for this step, counted from 1. */
  begin(step: number, label: string, expected: Outcome | null): void {
    this.#step = step;
    this.#label = text(label);
    this.#expected = expected;
  }

  /** What must be answered, unless it is open or an errno. */
  get value(): Value | null {
    return this.#expected?.ok === true ? this.#expected.value : null;
  }

  get errno(): string | null {
    return this.#expected?.ok === false ? this.#expected.errno : null;
  }

  use(...parts: readonly string[]): this {
    for (const part of parts) this.parts.add(part);
    return this;
  }

  /** The C variable of a descriptor or a mapping. */
  variable(name: Handle | MappingName): string {
    this.variables.add(name);
    return name;
  }

  /** A call of which only the answer counts: a number, or 0 for done. */
  check(call: string): void {
    if (this.#expected === null) this.#seen(`answer(${call})`);
    else this.#line('check', expectation(this.#expected), `answer(${call})`);
  }

  /** A call of which any success is right: where blocks lie is the file system's own affair. */
  performs(call: string): void {
    if (this.#expected?.ok === false) this.check(call);
    else this.#line('check', '0', `answer(${call}) < 0 ? answer(-1) : 0`);
  }

  /** A call that puts bytes into `buffer`. */
  data(call: string, buffer = 'buffer'): void {
    const { value } = this;
    if (value?.kind !== 'runs') return this.check(call);
    this.use('data').#line('check_data', runsWords(value.runs), `${buffer}, answer(${call})`);
  }

  /** Another judge of the runtime; what it is told of the step stands first. */
  judge(name: string, expected: string, rest: string): void {
    this.#line(name, expected, rest);
  }

  plain(line: string): void {
    this.lines.push(`\t${line}`);
  }

  needsBuffer(bytes: number): void {
    this.bufferBytes = Math.max(this.bufferBytes, bytes);
  }

  #seen(got: string): void {
    this.use('seen').lines.push(`\tseen(${this.#step}, ${this.#label},`, `\t     ${got});`);
  }

  #line(name: string, expected: string, got: string): void {
    const indent = ' '.repeat(name.length + 1);
    this.lines.push(`\t${name}(${this.#step}, ${this.#label}, ${expected},`, `\t${indent}${got});`);
  }
}

/** Arguments with commas between. */
export const args = (...words: readonly (string | number)[]): string =>
  words.map((word) => (typeof word === 'number' ? number(word) : word)).join(', ');
