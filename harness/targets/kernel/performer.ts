import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startPartner, type Partner } from '../../process.ts';
import type { SpaceReport, Value } from '../../../model/index.ts';
import { Channel, encodeFrame, type Frame } from './channel.ts';
import type { DataRange } from './sparse-image.ts';

/** What the performer says of itself and its machine when it starts. */
export interface Hello {
  readonly version: number;
  /** The release of the kernel: `6.18.44`. */
  readonly kernel: string;
  readonly uid: number;
  readonly gid: number;
  /** Whether it has CAP_SYS_RESOURCE. */
  readonly resources: boolean;
  /** Whether it has CAP_SYS_RAWIO. */
  readonly rawIo: boolean;
  readonly protectedHardlinks: boolean;
}

/** A value of the model, or numbers of the kernel that the harness has words for. */
export type PerformerValue =
  | Exclude<Value, { kind: 'extents' }>
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
  /** The file system was full, so that what was to come behind was skipped. */
  readonly halted?: boolean;
  readonly space?: SpaceReport;
  /** Whether the device that was mounted writes zeros faster than bytes. */
  readonly writesZeroes?: boolean;
  readonly number?: number;
  readonly ranges?: readonly DataRange[];
  /** Bytes that were read. */
  readonly data: Uint8Array;
}

/** An operation as it is told, and the bytes that go with it. */
export interface Told {
  readonly operation: Readonly<Record<string, unknown>>;
  readonly data: Uint8Array;
}

const VERSION = 2;
const NOTHING = new Uint8Array(0);

/** The program that performs; the same place behind the sources and in dist/. */
export const GUEST = fileURLToPath(new URL('../../../guest', import.meta.url));

/** The system's own first: others may be scripts that look for one. */
const SYSTEM_PYTHON = '/usr/bin/python3';
export const PYTHON = existsSync(SYSTEM_PYTHON) ? SYSTEM_PYTHON : 'python3';

/** Alone with what it brings, and without files of its own beside ours. */
export const PYTHON_OPTIONS = ['-I', '-S', '-B'];

/** How long an operation may take before the kernel counts as hung. */
export const SILENCE_MS_MAX = 30_000;

/** Something that makes calls on a real kernel; guest/ is what runs there. */
export class Performer {
  readonly hello: Hello;
  readonly #channel: Channel;

  private constructor(channel: Channel, hello: Hello) {
    this.#channel = channel;
    this.hello = hello;
  }

  /** Starts one on the kernel that runs here. */
  static here(): Promise<Performer> {
    return Performer.over((onBytes) => startPartner(PYTHON, [...PYTHON_OPTIONS, GUEST], onBytes));
  }

  /** One at the other end of a partner's pipes. Rejects when none comes up or it speaks another version. */
  static async over(
    start: (onBytes: (bytes: Buffer) => void) => Partner,
    silenceMsMax = SILENCE_MS_MAX,
  ): Promise<Performer> {
    const channel = new Channel(start, silenceMsMax);
    try {
      const hello = JSON.parse((await channel.next()).text) as Hello;
      if (hello.version === VERSION) return new Performer(channel, hello);
      throw new Error(`the performer speaks version ${hello.version}, not ${VERSION}`);
    } catch (error) {
      channel.kill();
      throw error;
    }
  }

  /** Asks one question; questions are answered in order. Rejects when it has gone. */
  async call(request: Readonly<Record<string, unknown>>): Promise<PerformerAnswer> {
    this.#channel.send(encodeFrame(request, NOTHING));
    return answerIn(await this.#channel.next());
  }

  /**
   * Has operations performed one after the other without waiting for anybody; each has its own answer. Behind one that
   * `halted` nothing is performed.
   */
  perform(all: readonly Told[]): Promise<PerformerAnswer>[] {
    const operations = all.map(({ operation }) => operation);
    const lengths = all.map(({ data }) => data.length);
    const data = all.length === 1 ? (all[0]?.data ?? NOTHING) : Buffer.concat(all.map((one) => one.data));
    this.#channel.send(encodeFrame({ call: 'perform', operations, lengths }, data));
    return all.map(async () => answerIn(await this.#channel.next()));
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

const answerIn = ({ text, data }: Frame): PerformerAnswer => ({
  ...(JSON.parse(text) as Omit<PerformerAnswer, 'data'>),
  data,
});
