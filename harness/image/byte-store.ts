/** Something with as many bytes as a disk: what a mounted image reads from and writes to. */
export interface ByteStore {
  readonly sizeBytes: number;
  /** Fills `target` from a byte offset on. False when that cannot be done. */
  read(offset: number, target: Uint8Array): boolean;
  /** Stores `source` at a byte offset. False when that cannot be done. */
  write(offset: number, source: Uint8Array): boolean;
  /** Makes durable what was written. False when that cannot be done. */
  flush(): boolean;
}
