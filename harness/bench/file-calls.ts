/**
 * The system calls that benchmarks make. Our file system has these methods already; a mounted one is reached through Node.js
 * (mounted-calls.ts). Offsets and lengths are bytes.
 */
export interface FileCalls {
  open(path: string, flags: OpenFor, mode?: number): number;
  close(fd: number): void;
  pread(fd: number, target: Uint8Array, offset: number): number;
  pwrite(fd: number, source: Uint8Array, offset: number): number;
  fsync(fd: number): void;
  ftruncate(fd: number, size: number): void;
  unlink(path: string): void;
  mkdir(path: string, mode?: number): void;
  rmdir(path: string): void;
  stat(path: string): unknown;
  readdir(path: string): readonly unknown[];
  rename(from: string, to: string): void;
  sync(): void;
}

export interface OpenFor {
  readonly access: 'read' | 'write' | 'read-write';
  readonly create?: boolean;
  readonly exclusive?: boolean;
  readonly direct?: boolean;
}

/** What only a file system in this process can be asked. */
export interface InProcessCalls extends FileCalls {
  /** What is clean leaves the page cache. */
  dropCaches(what: 'pages'): void;
  pwrite(
    fd: number,
    source: Uint8Array,
    offset: number,
    options?: { readonly rwf?: readonly 'dontcache'[] },
  ): number;
  mmap(
    fd: number,
    offset: number,
    length: number,
    access: { readonly sharing: 'shared'; readonly access: 'read-write' },
  ): number;
  munmap(mapping: number): void;
  load(mapping: number, offset: number, target: Uint8Array): number;
  store(mapping: number, offset: number, source: Uint8Array): number;
  unmount(): void;
}
