import type { Timestamp } from '../../model/index.ts';
import { findProgram, startShell, type Shell } from '../process.ts';
import type { DeviceNumber, NodeType, Xattr } from './image-view.ts';
import { HOST_SCRIPT } from './host-script.ts';

/** A call of this machine that failed; like the errors of node:fs it names the call and the errno. */
export class HostCallError extends Error {
  override readonly name = 'HostCallError';
  readonly syscall: string;
  readonly code: string;

  constructor(syscall: string, code: string, words: string) {
    super(`${syscall}: ${words} (${code})`);
    this.syscall = syscall;
    this.code = code;
  }
}

/** Bytes of a file, from `start` to before `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

type Reply = { readonly ok: unknown } | { readonly errno: string; readonly words: string };

/**
 * System calls that Node.js does not have: extended attributes, mknod, times to the nanosecond, holes. A resident python3
 * makes them, because it comes with nearly every Linux and needs nothing to be installed: one after the other in the order
 * in which they were asked for, whether somebody waits for the answer or asks for more first, which is much faster. No call
 * follows a symbolic link in the last part of its path. Fails with HostCallError.
 */
export class HostCalls {
  readonly #shell: Shell;
  readonly #waiting: ((reply: Reply) => void)[] = [];
  #text = '';
  #ended = false;

  /** Null on a machine without python3. */
  static start(): HostCalls | null {
    const python = findProgram('python3');
    return python === null ? null : new HostCalls(python);
  }

  private constructor(python: string) {
    this.#shell = startShell('exec "$1" -I -c "$2"', [python, HOST_SCRIPT], (text) => this.#hear(text));
    void this.#shell.ended.then(() => {
      this.#ended = true;
      for (const waiting of this.#waiting.splice(0)) waiting(GONE);
    });
  }

  /** The value is null where there is one that may not be read. */
  async xattrs(path: Uint8Array): Promise<{ readonly name: string; readonly value: Uint8Array | null }[]> {
    const found = (await this.#call('listxattr', path, {})) as readonly [string, string | null][];
    return found.map(([name, hex]) => ({ name, value: hex === null ? null : Buffer.from(hex, 'hex') }));
  }

  async setXattr(path: Uint8Array, { name, value }: Xattr): Promise<void> {
    await this.#call('setxattr', path, { name, value: Buffer.from(value).toString('hex') });
  }

  /** With no rights for anybody but the owner. */
  async mknod(path: Uint8Array, type: NodeType, device: DeviceNumber | null): Promise<void> {
    await this.#call('mknod', path, { type, major: device?.major ?? 0, minor: device?.minor ?? 0 });
  }

  async setTimes(path: Uint8Array, atime: Timestamp, mtime: Timestamp): Promise<void> {
    await this.#call('utimensat', path, { times: [nanoseconds(atime), nanoseconds(mtime)] });
  }

  /** What of a regular file is no hole. */
  async dataRanges(path: Uint8Array): Promise<ByteRange[]> {
    const found = (await this.#call('lseek', path, {})) as readonly [number, number][];
    return found.map(([start, end]) => ({ start, end }));
  }

  close(): void {
    this.#shell.end();
  }

  async #call(call: string, path: Uint8Array, rest: object): Promise<unknown> {
    const reply = await new Promise<Reply>((resolve) => {
      if (this.#ended) return resolve(GONE);
      this.#waiting.push(resolve);
      this.#shell.send(JSON.stringify({ call, path: Buffer.from(path).toString('hex'), ...rest }));
    });
    if ('ok' in reply) return reply.ok;
    throw new HostCallError(call, reply.errno, reply.words);
  }

  #hear(text: string): void {
    const lines = (this.#text + text).split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines) this.#waiting.shift()?.(JSON.parse(line) as Reply);
  }
}

const GONE: Reply = { errno: 'EPIPE', words: 'the python3 that makes this call has ended' };

/** As a text: numbers of that size lose their last digits in JSON. */
const nanoseconds = ({ seconds, nanoseconds: rest }: Timestamp): string =>
  String(BigInt(seconds) * 1_000_000_000n + BigInt(rest));
