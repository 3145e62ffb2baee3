import { createRequire } from 'node:module';
import { Mke2fsError, withImageOfMke2fs } from '../../mke2fs.ts';
import type { Absent, Contestant, Lap } from '../contest.ts';
import { listingsOf } from '../metadata/directory-round.ts';
import type { Pieces } from '../pieces.ts';
import { PEER_IDENTITY, peerSetup } from './peer-image.ts';

/**
 * The npm package ext2fs: e2fsprogs' library in WebAssembly, on a device in memory. It has no cache of its own and no journal, so
 * every write is on the device when it returns, and no fsync. Its calls wait for each other, and directories have no index there:
 * it gets less to do, and is told in what it does in a second, like everybody.
 */
const PACKAGE = 'ext2fs';
const BYTES_MAX = 4 << 20;
const FILES_MAX = 1_000;

interface Package {
  mount(disk: MemoryDevice): Promise<{ readonly promises: Calls }>;
  umount(fs: object): Promise<void>;
}

interface Calls {
  open(path: string, flags: string, mode: number): Promise<OpenFile>;
  stat(path: string): Promise<unknown>;
  readdir(path: string): Promise<readonly unknown[]>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

interface OpenFile {
  read(target: Buffer, offset: number, length: number, position: number): Promise<unknown>;
  write(source: Buffer, offset: number, length: number, position: number): Promise<unknown>;
  close(): Promise<void>;
}

/** What the package wants of a device. */
class MemoryDevice {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(target: Uint8Array, offset: number, length: number, position: number): Promise<unknown> {
    target.set(this.#bytes.subarray(position, position + length), offset);
    return Promise.resolve({ bytesRead: length, buffer: target });
  }

  write(source: Uint8Array, offset: number, length: number, position: number): Promise<unknown> {
    this.#bytes.set(source.subarray(offset, offset + length), position);
    return Promise.resolve({ bytesWritten: length, buffer: source });
  }

  discard(): Promise<void> {
    return Promise.resolve();
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }
}

/** A file that is written and read from its beginning to its end. */
export function ext2fsBytes(
  sizeBytes: number,
  callBytes: number,
  source: Pieces,
  target: Pieces,
): Promise<Contestant | Absent> {
  const calls = Math.max(1, Math.min(BYTES_MAX, source.bytes) / callBytes);
  const buffersOf = ({ views }: Pieces): Buffer[] => views.slice(0, calls).map(asBuffer);
  const [written, read] = [buffersOf(source), buffersOf(target)];
  const each = async (
    workload: string,
    buffers: readonly Buffer[],
    work: (buffer: Buffer, at: number) => Promise<unknown>,
  ): Promise<Lap> => {
    const done = await lap(calls * callBytes, async () => {
      for (const [index, buffer] of buffers.entries()) await work(buffer, index * callBytes);
    });
    return { workload, ...done };
  };
  return mounted(sizeBytes, async (fs) => {
    const file = await fs.open('/file', 'w+', 0o644);
    const laps = [
      await each('buffered write, uncached', written, (buffer, at) => file.write(buffer, 0, callBytes, at)),
      await each('buffered read, cached', read, (buffer, at) => file.read(buffer, 0, callBytes, at)),
    ];
    await file.close();
    await fs.unlink('/file');
    return laps;
  });
}

/** It takes no other arrays. */
const asBuffer = ({ buffer, byteOffset, length }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, length);

/** What directoryRound() does, in one directory. */
export function ext2fsNames(sizeBytes: number, files: number): Promise<Contestant | Absent> {
  const count = Math.min(FILES_MAX, files);
  return mounted(sizeBytes, async (fs) => {
    const laps: Lap[] = [];
    const each = async (verb: string, work: (number: number) => Promise<unknown>): Promise<void> => {
      const done = await lap(count, async () => {
        for (let number = 0; number < count; number++) await work(number);
      });
      laps.push({ workload: `${verb}, one directory`, ...done });
    };
    await each('create', async (number) => (await fs.open(`/file${number}`, 'wx', 0o644)).close());
    await each('stat', (number) => fs.stat(`/file${number}`));
    const listings = listingsOf(count);
    const list = async (): Promise<void> => {
      for (let times = 0; times < listings; times++) await fs.readdir('/');
    };
    laps.push({ workload: 'readdir, one directory', ...(await lap(count * listings, list)) });
    await each('rename', (number) => fs.rename(`/file${number}`, `/renamed${number}`));
    await each('unlink', (number) => fs.unlink(`/renamed${number}`));
    return laps;
  });
}

async function lap(amount: number, work: () => Promise<unknown>): Promise<Omit<Lap, 'workload'>> {
  const before = performance.now();
  await work();
  return { amount, ms: performance.now() - before };
}

async function mounted(
  sizeBytes: number,
  round: (fs: Calls) => Promise<readonly Lap[]>,
): Promise<Contestant | Absent> {
  const found = findPackage();
  if (found === null) return { subject: PACKAGE, reason: `the npm package ${PACKAGE} is not installed` };
  const { library, version } = found;
  const subject = `${PACKAGE} ${version}`;
  const bytes = imageOfMke2fs(sizeBytes);
  if (typeof bytes === 'string') return { subject, reason: bytes };
  const fs = await library.mount(new MemoryDevice(bytes));
  return { subject, round: () => round(fs.promises), close: () => library.umount(fs) };
}

/** It is for measuring only, so whoever installs twinpath does not get it. */
function findPackage(): { readonly library: Package; readonly version: string } | null {
  const require = createRequire(import.meta.url);
  try {
    const { version } = require(`${PACKAGE}/package.json`) as { readonly version: string };
    return { library: require(PACKAGE) as Package, version };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
}

/** The bytes of a new image, or why there is none. */
function imageOfMke2fs(sizeBytes: number): Uint8Array | string {
  try {
    return withImageOfMke2fs(peerSetup(sizeBytes), PEER_IDENTITY, (length, read) => {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length;) {
        const count = read(at, bytes.subarray(at));
        if (count === 0) break;
        at += count;
      }
      return bytes;
    });
  } catch (error) {
    if (error instanceof Mke2fsError) return error.message;
    throw error;
  }
}
