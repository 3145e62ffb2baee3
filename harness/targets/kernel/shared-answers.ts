import { answerOf, type Packed } from './answers.ts';
import { ANSWERS_BYTES, type Area } from './area.ts';
import type { PerformerAnswer } from './performer.ts';

/** As in guest/shared_answers.py. */
const HEAD_BYTES = 16;
const RECORD_BYTES = 32;
const [DONE, COUNT, ERROR, BYTES, STAT, TEXT, ON_THE_LINE, SKIPPED] = [0, 1, 2, 3, 4, 5, 6, 7];

/** So many operations may be told in one request. */
export const TOLD_MAX = Math.floor((ANSWERS_BYTES - HEAD_BYTES) / RECORD_BYTES);

/**
 * Answers that lie in the area that a performer shares with us. It puts each there as soon as it is known and tells nobody but at the end
 * of a request, so whoever cannot wait looks now and then; what a performer that died had answered before is found there, too.
 */
export class SharedAnswers {
  readonly #area: Area;
  /** How many operations each request has that was told and is not answered to its end, in order. */
  readonly #expected: number[] = [];
  /** The number of the first of them. */
  #request = 1;
  /** How many of its answers were taken. */
  #taken = 0;
  /** Up to where its bytes were brought over. */
  #fresh = 0;

  constructor(area: Area) {
    this.#area = area;
  }

  expect(operations: number): void {
    if (this.#area.shared) this.#expected.push(operations);
  }

  /** Those that have come since the last time; what stands in for one that comes over the line ends them until `passed`. */
  take(): PerformerAnswer[] {
    const answers: PerformerAnswer[] = [];
    // A performer that was killed has no area any more.
    while (this.#area.shared) {
      const [expected] = this.#expected;
      if (expected === undefined || !this.#takeOf(expected, answers)) break;
    }
    return answers;
  }

  /** So many have come over the line instead. */
  passed(answers: number): void {
    this.#taken += answers;
    this.#goOn();
  }

  /** Answers whether this request is answered to its end, so that the next one may be looked at. */
  #takeOf(expected: number, answers: PerformerAnswer[]): boolean {
    const start = this.#area.startOfPart(this.#request);
    this.#area.refresh(start, start + HEAD_BYTES + expected * RECORD_BYTES);
    const memory = this.#area.bytes(start, ANSWERS_BYTES);
    if (memory.readUInt32LE(0) !== this.#request) return false;
    const answered = memory.readUInt32LE(4);
    const since = memory.readDoubleLE(8);
    if (this.#taken === 0) this.#fresh = start + ANSWERS_BYTES;
    this.#bringOver(memory, answered);
    while (this.#taken < answered) {
      const at = HEAD_BYTES + this.#taken * RECORD_BYTES;
      if (memory.readUInt32LE(at + 8) === ON_THE_LINE) return false;
      answers.push(answerOf(this.#packedAt(memory, at), since, this.#area));
      this.#taken++;
    }
    return this.#goOn();
  }

  #goOn(): boolean {
    if (this.#taken !== this.#expected[0]) return false;
    this.#expected.shift();
    this.#request++;
    this.#taken = 0;
    return true;
  }

  /** Bytes lie in the order of the answers that they belong to. */
  #bringOver(memory: Buffer, answered: number): void {
    let end = this.#fresh;
    for (let index = this.#taken; index < answered; index++) {
      const at = HEAD_BYTES + index * RECORD_BYTES;
      const kind = memory.readUInt32LE(at + 8);
      if (kind === BYTES || kind === STAT || kind === TEXT)
        end = memory.readDoubleLE(at + 16) + memory.readUInt32LE(at + 12);
    }
    this.#area.refresh(this.#fresh, end);
    this.#fresh = end;
  }

  /** A record as it would be on the line. */
  #packedAt(memory: Buffer, at: number): Packed {
    const [begun, ended] = [memory.readInt32LE(at), memory.readInt32LE(at + 4)];
    const kind = memory.readUInt32LE(at + 8);
    switch (kind) {
      case SKIPPED:
        return null;
      case DONE:
        return [null, begun, ended];
      case ERROR:
        return [nameIn(memory, at + 12), begun, ended];
    }
    const [length, number] = [memory.readUInt32LE(at + 12), memory.readDoubleLE(at + 16)];
    switch (kind) {
      case COUNT:
        return [number, begun, ended];
      case BYTES:
        return [[number, length], begun, ended];
      case STAT:
        return [[number, length, 'stat'], begun, ended];
      case TEXT:
        return JSON.parse(this.#area.bytes(number, length).toString()) as Packed;
    }
    throw new Error(`an answer of kind ${kind}`);
  }
}

const NAME_BYTES = 16;

/** A name of an errno; what is left of its room is zeros. */
function nameIn(memory: Buffer, start: number): string {
  const end = memory.indexOf(0, start);
  return memory.toString('latin1', start, Math.min(end < 0 ? memory.length : end, start + NAME_BYTES));
}
