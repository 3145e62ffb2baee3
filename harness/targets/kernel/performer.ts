import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startPartner, type Partner } from '../../process.ts';
import type { SpaceReport, Value } from '../../../model/index.ts';
import type { DataRange } from './sparse-image.ts';

/** What the performer says of itself and its machine when it starts. */
export interface Hello {
  readonly version: number;
  /** The release of the kernel: `6.18.44`. */
  readonly kernel: string;
  readonly uid: number;
  /** Whether it has CAP_SYS_RESOURCE. */
  readonly resources: boolean;
  readonly protectedHardlinks: boolean;
}

/** Whatever a request is answered with; each has its own part of it. */
export interface PerformerAnswer {
  readonly value?: Value | { readonly kind: 'flags'; readonly bits: number; readonly project: number };
  readonly errno?: string;
  /** The last tick before the call, and when it ended, in microseconds since 1970. */
  readonly window?: readonly [number, number];
  readonly error?: string | null;
  readonly heard?: readonly string[];
  readonly space?: SpaceReport;
  readonly number?: number;
  readonly ranges?: readonly DataRange[];
  /** Bytes that were read. */
  readonly data: Uint8Array;
}

interface Waiting {
  readonly resolve: (answer: PerformerAnswer) => void;
  readonly reject: (error: Error) => void;
}

const VERSION = 1;
const LENGTHS_BYTES = 8;
const NOTHING = new Uint8Array(0);
const SCRIPT = fileURLToPath(new URL('performer.py', import.meta.url));

/** The system's own first: others may be scripts that look for one. */
const SYSTEM_PYTHON = '/usr/bin/python3';

/** The process that performs operations on a real kernel; performer.py is what runs there. */
export class Performer {
  readonly hello: Hello;
  readonly #channel: Channel;

  private constructor(channel: Channel, hello: Hello) {
    this.#channel = channel;
    this.hello = hello;
  }

  /** Starts one. Rejects when it cannot be started or speaks another version. */
  static async start(): Promise<Performer> {
    const python = existsSync(SYSTEM_PYTHON) ? SYSTEM_PYTHON : 'python3';
    const channel = new Channel(python, [SCRIPT]);
    const hello = (await channel.next()) as unknown as Hello;
    if (hello.version === VERSION) return new Performer(channel, hello);
    channel.kill();
    throw new Error(`the performer speaks version ${hello.version}, not ${VERSION}`);
  }

  /** Asks one question; questions are answered in order. Rejects when the process ends. */
  call(request: Readonly<Record<string, unknown>>, data: Uint8Array = NOTHING): Promise<PerformerAnswer> {
    this.#channel.send(request, data);
    return this.#channel.next();
  }

  /** Lets it leave its mount and end by itself. */
  end(): Promise<void> {
    return this.#channel.end();
  }

  /** Ends it at once: with it goes its mount namespace, and so its mount. */
  kill(): void {
    this.#channel.kill();
  }
}

/** Frames over the pipes of a process. */
class Channel {
  readonly #partner: Partner;
  readonly #waiting: Waiting[] = [];
  readonly #answers: PerformerAnswer[] = [];
  readonly #ended: Promise<void>;
  #received: Buffer = Buffer.alloc(0);
  #failure: Error | null = null;

  constructor(command: string, words: readonly string[]) {
    this.#partner = startPartner(command, words, (bytes) => this.#hear(bytes));
    this.#ended = this.#partner.ended.then((how) => this.#fail(new Error(`the performer ${how}`)));
  }

  send(request: Readonly<Record<string, unknown>>, data: Uint8Array): void {
    const text = Buffer.from(JSON.stringify(request));
    const lengths = Buffer.alloc(LENGTHS_BYTES);
    lengths.writeUInt32LE(text.length, 0);
    lengths.writeUInt32LE(data.length, 4);
    this.#partner.send(Buffer.concat([lengths, text, data]));
  }

  next(): Promise<PerformerAnswer> {
    const known = this.#answers.shift();
    if (known !== undefined) return Promise.resolve(known);
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async end(): Promise<void> {
    this.#partner.end();
    await this.#ended;
  }

  kill(): void {
    this.#partner.kill();
  }

  #hear(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    for (;;) {
      if (this.#received.length < LENGTHS_BYTES) return;
      const textEnd = LENGTHS_BYTES + this.#received.readUInt32LE(0);
      const end = textEnd + this.#received.readUInt32LE(4);
      if (this.#received.length < end) return;
      const text = this.#received.toString('utf8', LENGTHS_BYTES, textEnd);
      const data = Uint8Array.from(this.#received.subarray(textEnd, end));
      this.#received = this.#received.subarray(end);
      this.#deliver({ ...(JSON.parse(text) as Omit<PerformerAnswer, 'data'>), data });
    }
  }

  #deliver(answer: PerformerAnswer): void {
    const first = this.#waiting.shift();
    if (first === undefined) this.#answers.push(answer);
    else first.resolve(answer);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}
