/**
 * Memory as large as the files of a benchmark, cut into the pieces that calls take. Everybody copies from or into the same pieces,
 * whoever is the limit that the others are shares of, too, and no call waits for a view to be made.
 */
export class Pieces {
  readonly bytes: number;
  readonly views: readonly Uint8Array[];

  constructor(bytes: number, pieceBytes: number, fill: number) {
    const memory = new Uint8Array(bytes).fill(fill);
    this.bytes = bytes;
    this.views = Array.from({ length: Math.floor(bytes / pieceBytes) }, (_, index) =>
      memory.subarray(index * pieceBytes, (index + 1) * pieceBytes),
    );
  }
}

/** Milliseconds that `work` took. */
export function timed(work: () => void): number {
  const before = performance.now();
  work();
  return performance.now() - before;
}
