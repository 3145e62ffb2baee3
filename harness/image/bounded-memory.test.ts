import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeImage } from '../image-file.ts';
import { editImage } from '../targets/typescript/image-editor.ts';
import { makeImage } from '../targets/typescript/image-maker.ts';
import { viewImage } from '../targets/typescript/image-viewer.ts';
import type { ByteStore } from './byte-store.ts';
import { CopyWatch } from './copy-watch.ts';
import { GetTree } from './get-tree.ts';
import { ImageDisk } from './image-disk.ts';
import { ImageOverlay } from './image-overlay.ts';
import { PutTree } from './put-tree.ts';

/** Images are files that are read and written piece by piece, whatever goes into them and comes out. */

const MIB = 2 ** 20;
const NOW = { seconds: 1_700_000_001, nanoseconds: 0 };

/** Much more than may be in memory at once: 64 MiB of page cache, as much that waits to be collected, and what moves. */
const FILE_MIB = 384;
const MEMORY_MIB = 192;

let folder: string;

const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bounded-memory-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function makeDisk(sizeBytes: number): void {
  const options = { sizeBytes, blockSize: 4096, now: 1_700_000_000 } as const;
  writeImage(makeImage({ ...options, uuid: new Uint8Array(16), hashSeed: new Uint8Array(16) }), at('disk'));
}

/** The most bytes that were in arrays, at any transfer or progress, beyond those at the start. */
class Peak {
  bytes = 0;
  /** The largest transfer to or from the image. */
  transfer = 0;
  readonly #start = process.memoryUsage().arrayBuffers;

  look(): void {
    this.bytes = Math.max(this.bytes, process.memoryUsage().arrayBuffers - this.#start);
  }

  /** The same store, watched. */
  over(store: ByteStore): ByteStore {
    const seen = (memory: readonly Uint8Array[]): readonly Uint8Array[] => {
      this.look();
      const length = memory.reduce((sum, bytes) => sum + bytes.length, 0);
      this.transfer = Math.max(this.transfer, length);
      return memory;
    };
    return {
      sizeBytes: store.sizeBytes,
      read: (offset, targets) => store.read(offset, seen(targets)),
      write: (offset, sources) => store.write(offset, seen(sources)),
      flush: () => store.flush(),
    };
  }
}

const watching = (onProgress: () => void): CopyWatch =>
  new CopyWatch({
    onProgress,
    onLeftOut: (path, reason) => expect.fail(`${path}: ${reason}`),
    onRemark: () => undefined,
    stop: new AbortController().signal,
  });

test(`a file of ${FILE_MIB} MiB goes in and comes out with less than ${MEMORY_MIB} MiB in memory`, async () => {
  const piece = Buffer.alloc(MIB, 'not zeros: ');
  const source = openSync(at('source'), 'w');
  for (let index = 0; index < FILE_MIB; index++) {
    piece.writeUInt32LE(index, 0);
    writeSync(source, piece);
  }
  closeSync(source);
  makeDisk((FILE_MIB + 64) * MIB);

  const putting = new Peak();
  const disk = ImageDisk.open(at('disk'));
  const editor = editImage(putting.over(disk), NOW);
  let told = 0;
  await new PutTree(
    editor,
    watching(() => {
      told++;
    }),
    false,
    null,
  ).put(at('source'), '/large');
  editor.close();
  disk.close();
  expect(putting.bytes / MIB).toBeLessThan(MEMORY_MIB);
  expect(putting.transfer / MIB).toBeLessThan(MEMORY_MIB / 4);
  expect(told).toBeGreaterThan(2);

  const getting = new Peak();
  const overlay = ImageOverlay.open(at('disk'));
  const watch = watching(() => getting.look());
  await new GetTree(viewImage(getting.over(overlay)), watch, false, null).get('/large', at('target'));
  overlay.close();
  expect(getting.bytes / MIB).toBeLessThan(MEMORY_MIB);
  expect(statSync(at('target')).size).toBe(FILE_MIB * MIB);
});

test('of many files, what is known of those that are done is forgotten every 2,000 names', async () => {
  const [folders, files] = [30, 150];
  for (let number = 0; number < folders; number++) {
    mkdirSync(at(`source/d${number}`), { recursive: true });
    for (let file = 0; file < files; file++) writeFileSync(at(`source/d${number}/f${file}`), 'x');
  }
  makeDisk(64 * MIB);
  const disk = ImageDisk.open(at('disk'));
  const editor = editImage(disk, NOW);
  let relieved = 0;
  const relieve = editor.relieve.bind(editor);
  Object.assign(editor, {
    relieve: (): void => {
      relieved++;
      relieve();
    },
  });
  await new PutTree(
    editor,
    watching(() => undefined),
    false,
    null,
  ).put(at('source'), '/put');
  editor.close();
  disk.close();
  expect(relieved).toBe(Math.floor((folders * (files + 1)) / 2000));
});
