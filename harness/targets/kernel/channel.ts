import type { Partner } from '../../process.ts';

/** One frame: a JSON text and the bytes that go with it. */
export interface Frame {
  readonly text: string;
  readonly data: Uint8Array;
}

interface Waiting {
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: Error) => void;
}

const LENGTHS_BYTES = 8;

/** Words that say more of an end than how the process ended. */
const TELLING = /panic|\bBUG\b|Oops|KASAN|WARNING:|Error:/;

/**
 * A partner that ended, or said nothing for too long: whatever it was asked last has no answer. The message is one line; the
 * stack is all that it said.
 */
export class PartnerLost extends Error {
  override readonly name: string = 'PartnerLost';

  constructor(words: string) {
    const lines = words.split('\n');
    const telling = lines.slice(1).find((line) => TELLING.test(line));
    const [first = ''] = lines;
    super(telling === undefined ? first : `${first} ${telling.trim()}`);
    this.stack = words;
  }
}

export class PartnerSilent extends PartnerLost {
  override readonly name = 'PartnerSilent';
}

/** A frame as it goes over the pipes: both lengths in 32 bits, little endian, the text, the bytes. */
export function encodeFrame(
  message: Readonly<Record<string, unknown>>,
  parts: readonly Uint8Array[] = [],
): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  const lengths = Buffer.alloc(LENGTHS_BYTES);
  lengths.writeUInt32LE(text.length, 0);
  lengths.writeUInt32LE(
    parts.reduce((sum, { length }) => sum + length, 0),
    4,
  );
  return Buffer.concat([lengths, text, ...parts]);
}

/** Takes frames out of bytes that come in any portions. */
export class FrameReader {
  /** What has come of a frame that is not whole yet: put together once, when all of it is there. */
  #portions: Buffer[] = [];
  #received = 0;
  /** How many bytes must be there before there is anything to do. */
  #needed = LENGTHS_BYTES;

  *read(chunk: Buffer): Generator<Frame> {
    this.#portions.push(chunk);
    this.#received += chunk.length;
    if (this.#received < this.#needed) return;
    const bytes = this.#portions.length === 1 ? chunk : Buffer.concat(this.#portions);
    let position = 0;
    this.#needed = LENGTHS_BYTES;
    while (bytes.length - position >= LENGTHS_BYTES) {
      const textStart = position + LENGTHS_BYTES;
      const textEnd = textStart + bytes.readUInt32LE(position);
      const end = textEnd + bytes.readUInt32LE(position + 4);
      if (bytes.length < end) {
        this.#needed = end - position;
        break;
      }
      yield { text: bytes.toString('utf8', textStart, textEnd), data: bytes.subarray(textEnd, end) };
      position = end;
    }
    this.#portions = [bytes.subarray(position)];
    this.#received = bytes.length - position;
  }
}

/** Frames from a partner, in order. */
export class Channel {
  readonly #partner: Partner;
  readonly #silenceMsMax: number;
  readonly #reader = new FrameReader();
  readonly #waiting: Waiting[] = [];
  readonly #frames: Frame[] = [];
  readonly #ended: Promise<void>;
  #watch: NodeJS.Timeout | null = null;
  #failure: Error | null = null;

  /** `start` gets what is to be called with bytes that arrive. */
  constructor(start: (onBytes: (bytes: Buffer) => void) => Partner, silenceMsMax: number) {
    this.#silenceMsMax = silenceMsMax;
    this.#partner = start((bytes) => this.#hear(bytes));
    this.#ended = this.#partner.ended.then((how) => this.#fail(new PartnerLost(how)));
  }

  send(frame: Uint8Array): void {
    this.#partner.send(frame);
  }

  next(): Promise<Frame> {
    const known = this.#frames.shift();
    if (known !== undefined) return Promise.resolve(known);
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#watch ??= this.#newWatch();
    });
  }

  async end(): Promise<void> {
    this.#partner.end();
    await this.#ended;
  }

  kill(): void {
    this.#partner.kill();
  }

  /** It has said something in another way: its silence begins again. */
  isAlive(): void {
    this.#watch?.refresh();
  }

  #newWatch(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#watch = null;
      if (this.#waiting.length === 0) return;
      this.#fail(new PartnerSilent(`no answer for ${this.#silenceMsMax / 1000} s`));
      this.kill();
    }, this.#silenceMsMax);
  }

  #hear(chunk: Buffer): void {
    this.isAlive();
    for (const frame of this.#reader.read(chunk)) {
      const first = this.#waiting.shift();
      if (first === undefined) this.#frames.push(frame);
      else first.resolve(frame);
    }
    if (this.#waiting.length > 0 || this.#watch === null) return;
    clearTimeout(this.#watch);
    this.#watch = null;
  }

  #fail(error: Error): void {
    if (this.#watch !== null) clearTimeout(this.#watch);
    this.#watch = null;
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}
