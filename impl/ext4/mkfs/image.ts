import type { MemoryDisk } from '../../block/memory-disk.ts';

/** The blocks of a new file system while they are filled; `flush` brings them to the disk. */
export class Image {
  readonly blockSize: number;
  readonly #disk: MemoryDisk;
  readonly #blocks = new Map<number, DataView>();

  constructor(disk: MemoryDisk, blockSize: number) {
    this.#disk = disk;
    this.blockSize = blockSize;
  }

  /** The block to write into; zeros at first. */
  block(number: number): DataView {
    let view = this.#blocks.get(number);
    if (view === undefined) {
      view = new DataView(new ArrayBuffer(this.blockSize));
      this.#blocks.set(number, view);
    }
    return view;
  }

  flush(): void {
    for (const [number, view] of this.#blocks) this.#disk.write(number * this.blockSize, bytesOf(view));
    this.#blocks.clear();
  }
}

export const bytesOf = (view: DataView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
