import { existsSync } from 'node:fs';
import { GUEST } from '../../guest.ts';
import { startPartner, type Partner } from '../../process.ts';
import type { SpaceReport, Value } from '../../../model/index.ts';
import { wholePool } from '../../content.ts';
import { answersIn } from './answers.ts';
import { Area } from './area.ts';
import { Channel, encodeFrame, type Frame } from './channel.ts';
import { readHello, type Hello } from './hello.ts';
import { SharedAnswers, TOLD_MAX } from './shared-answers.ts';
import type { DataRange } from './sparse-image.ts';

/** A value of the model, or numbers of the kernel that the harness has words for. */
export type PerformerValue =
  | Exclude<Value, { kind: 'extents' | 'data' }>
  | { readonly kind: 'data'; readonly length: number }
  | { readonly kind: 'flags'; readonly bits: number; readonly project: number }
  | { readonly kind: 'extents'; readonly extents: readonly KernelExtent[] };

/** struct fiemap_extent, in bytes. */
export interface KernelExtent {
  readonly offset: number;
  readonly physical: number;
  readonly length: number;
  readonly flags: number;
}

/** Whatever a request is answered with; each has its own part of it. */
export interface PerformerAnswer {
  readonly value?: PerformerValue;
  readonly errno?: string;
  /** The last tick before the call, and when it ended, in microseconds since 1970. */
  readonly window?: readonly [number, number];
  readonly error?: string;
  /** What the kernel itself said since the last answer, when some of it is serious. */
  readonly heard?: readonly string[];
  /** The file system was full, so that what was to come behind in the same turn was skipped. */
  readonly halted?: boolean;
  /** It was not performed, because something before it in its turn halted. */
  readonly skipped?: boolean;
  readonly space?: SpaceReport;
  /** Whether the device that was mounted writes zeros faster than bytes. */
  readonly writesZeroes?: boolean;
  readonly number?: number;
  readonly ranges?: readonly DataRange[];
  /** Bytes that were read. */
  readonly data: Uint8Array;
}

/** An operation as it is told, and the bytes that go with it; none, when it names its content among those that are known. */
export interface Told {
  readonly operation: Readonly<Record<string, unknown>>;
  readonly data: Uint8Array;
}

/** The system's own first: others may be scripts that look for one. */
const SYSTEM_PYTHON = '/usr/bin/python3';
export const PYTHON = existsSync(SYSTEM_PYTHON) ? SYSTEM_PYTHON : 'python3';

/** Alone with what it brings, and without files of its own beside ours. */
export const PYTHON_OPTIONS = ['-I', '-S', '-B'];

/** How long an operation may take before the kernel counts as hung. */
export const SILENCE_MS_MAX = 30_000;

/** How often somebody looks for answers that nobody tells of yet. */
const LOOK_MS = 20;

/** What was asked of a performer, and what it answered as soon as it has: a promise for each answer costs more than an answer. */
export class Asked {
  /** Null as long as there is none. */
  answer: PerformerAnswer | null = null;
  #failure: Error | null = null;
  #waiting: { resolve: (answer: PerformerAnswer) => void; reject: (error: Error) => void } | null = null;

  /** The answer when it comes; rejects when the performer has gone. Asked for once. */
  later(): Promise<PerformerAnswer> {
    if (this.answer !== null) return Promise.resolve(this.answer);
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  settle(answer: PerformerAnswer): void {
    this.answer = answer;
    this.#waiting?.resolve(answer);
  }

  fail(error: Error): void {
    this.#failure = error;
    this.#waiting?.reject(error);
  }
}

/** Something that makes calls on a real kernel; guest/ is what runs there. */
export class Performer {
  readonly hello: Hello;
  readonly #channel: Channel;
  readonly #area: Area;
  readonly #shared: SharedAnswers;
  /** What has no answer yet, in order. */
  readonly #asked: Asked[] = [];
  #listening = false;
  #turn = 0;

  private constructor(channel: Channel, area: Area, hello: Hello) {
    this.#channel = channel;
    this.#area = area;
    this.#shared = new SharedAnswers(area);
    this.hello = hello;
  }

  /** Starts one on the kernel that runs here. What it reads goes through a file in the workspace, where there is one. */
  static here(workspace: string | null = null): Promise<Performer> {
    const area = new Area(workspace);
    const words = [...PYTHON_OPTIONS, GUEST, ...(area.path === null ? [] : [area.path])];
    return Performer.over((onBytes) => startPartner(PYTHON, words, onBytes), SILENCE_MS_MAX, area);
  }

  /** One at the other end of a partner's pipes. Rejects when none comes up or it speaks another version. */
  static async over(
    start: (onBytes: (bytes: Buffer) => void) => Partner,
    silenceMsMax = SILENCE_MS_MAX,
    area = new Area(null),
  ): Promise<Performer> {
    const channel = new Channel(start, silenceMsMax);
    try {
      const hello = readHello((await channel.next()).text);
      area.shared = hello.area === true;
      channel.send(encodeFrame({ call: 'contents' }, [wholePool()]));
      await channel.next();
      return new Performer(channel, area, hello);
    } catch (error) {
      channel.kill();
      area.close();
      throw error;
    } finally {
      area.forgetName();
    }
  }

  /** Asks one question; questions are answered in order. Rejects when it has gone. */
  call(request: Readonly<Record<string, unknown>>): Promise<PerformerAnswer> {
    this.#channel.send(encodeFrame(request));
    return this.#newAsked().later();
  }

  /**
   * Has operations performed one after the other without waiting for anybody; each has its own answer. Behind one that
   * `halted` nothing is performed until `goOn`.
   */
  perform(all: readonly Told[]): Asked[] {
    if (all.length > TOLD_MAX) throw new RangeError(`${all.length} operations in one request`);
    this.#shared.expect(all.length);
    const parts = all.map(({ data }) => data).filter(({ length }) => length > 0);
    const operations = all.map(({ operation, data: { length } }) =>
      length === 0 ? operation : { ...operation, bytes: length },
    );
    this.#channel.send(encodeFrame({ call: 'perform', operations, turn: this.#turn }, parts));
    return all.map(() => this.#newAsked());
  }

  /** What is told from now on is performed although something halted before. */
  goOn(): void {
    this.#turn++;
  }

  #newAsked(): Asked {
    const asked = new Asked();
    this.#asked.push(asked);
    if (!this.#listening) void this.#listen();
    return asked;
  }

  /** Gives out answers until nobody waits for any. */
  async #listen(): Promise<void> {
    this.#listening = true;
    const looking = this.#area.shared ? setInterval(() => this.#look(), LOOK_MS) : undefined;
    try {
      while (this.#asked.length > 0) this.#hear(await this.#channel.next());
    } catch (error) {
      this.#look();
      const reason = error instanceof Error ? error : new Error(String(error));
      for (const asked of this.#asked.splice(0)) asked.fail(reason);
    }
    clearInterval(looking);
    this.#listening = false;
  }

  /** A frame without a text says no more than that there is something to look at. */
  #hear(frame: Frame): void {
    this.#look();
    if (frame.text === '') return;
    const { ofOperations, answers } = answersIn(frame, this.#area);
    if (ofOperations) this.#shared.passed(answers.length);
    this.#settle(answers);
    this.#look();
  }

  #look(): void {
    const answers = this.#shared.take();
    if (answers.length > 0) this.#channel.isAlive();
    this.#settle(answers);
  }

  #settle(answers: readonly PerformerAnswer[]): void {
    for (const answer of answers) this.#asked.shift()?.settle(answer);
  }

  /** Lets it leave its mount and end by itself. */
  async end(): Promise<void> {
    await this.#channel.end();
    this.#area.close();
  }

  /** Ends it at once: with it goes its mount namespace, and so its mount. */
  kill(): void {
    this.#channel.kill();
    this.#area.close();
  }
}
