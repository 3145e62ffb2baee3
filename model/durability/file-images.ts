import type { SparseContents } from '../sparse-contents.ts';

/** Bytes `start` .. `start + length` of the stream with this seed. */
export type StreamBytes = (seed: number, start: number, length: number) => Uint8Array;

/** The contents of a file in one version, as bytes. */
export interface FileImage {
  readonly bytes: Uint8Array;
  /** Ranges [start, end) of which nobody knows what they are. */
  readonly open: readonly (readonly [number, number])[];
}

/** Makes each image once. */
export class FileImages {
  readonly #known = new WeakMap<SparseContents, FileImage>();
  readonly #streamBytes: StreamBytes;

  constructor(streamBytes: StreamBytes) {
    this.#streamBytes = streamBytes;
  }

  of(contents: SparseContents): FileImage {
    let image = this.#known.get(contents);
    if (image === undefined) {
      image = this.#make(contents);
      this.#known.set(contents, image);
    }
    return image;
  }

  #make(contents: SparseContents): FileImage {
    const bytes = new Uint8Array(contents.size);
    const open: [number, number][] = [];
    let at = 0;
    for (const run of contents.read(0, contents.size)) {
      if (run.kind === 'bytes') bytes.set(this.#streamBytes(run.seed, run.start, run.length), at);
      else if (run.kind === 'any') open.push([at, at + run.length]);
      at += run.length;
    }
    return { bytes, open };
  }
}
