/** Something with as many bytes as a disk: what a mounted image reads from and writes to. */
export interface ByteStore {
  readonly sizeBytes: number;
  /** Fills memory, in order, from a byte offset on. False when that cannot be done. */
  read(offset: number, targets: readonly Uint8Array[]): boolean;
  /** Stores memory, in order, from a byte offset on. False when that cannot be done. */
  write(offset: number, sources: readonly Uint8Array[]): boolean;
  /** Makes durable what was written. False when that cannot be done. */
  flush(): boolean;
}
