/** The system calls that Node.js lacks, and that a mount needs. Fails of theirs are answered as errnos, never thrown. */
export interface Libc {
  /** mount(2): 0, or an errno. */
  mount(source: string, target: string, type: string, flags: number, data: string): number;
  /** umount2(2), on a thread of its own, because it may wait for this one: 0, or an errno. */
  unmount(target: string, flags: number): Promise<number>;
  /** poll(2) of one file for what can be read: whether there is something, within milliseconds; null when a signal came. */
  waitReadable(file: number, timeoutMs: number): boolean | null;
  /** read(2) into the memory, and write(2) or writev(2) of all pieces, 1 .. 1024: bytes, or an errno as a negative number. */
  read(file: number, target: Uint8Array): number;
  write(file: number, pieces: readonly Uint8Array[]): number;
  /** pread(2) and pwrite(2), of a part perhaps: bytes, or an errno as a negative number. */
  readAt(file: number, target: Uint8Array, offset: number): number;
  writeAt(file: number, source: Uint8Array, offset: number): number;
  /** flock(2) with LOCK_EX | LOCK_NB: whether the lock is ours now. */
  lock(file: number): boolean;
}

export const MS_RDONLY = 1;
export const MS_NOSUID = 2;
export const MS_NODEV = 4;
export const MNT_DETACH = 2;

const LOCK_EX_NB = 2 | 4;
const POLLIN = 1;

/** Pieces that one writev(2) takes. */
const IOV_MAX = 1024;

/** The binding, which nothing but a mount needs: it is loaded then. Throws where there is none for this machine. */
export async function loadLibc(): Promise<Libc> {
  const { default: koffi } = await import('koffi');
  const library = koffi.load('libc.so.6');
  const mount = library.func(
    'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
  );
  const umount2 = library.func('int umount2(const char *target, int flags)');
  const poll = library.func('int poll(void *files, unsigned long count, int timeout)');
  const read = library.func('long read(int file, void *target, unsigned long count)');
  const write = library.func('long write(int file, void *source, unsigned long count)');
  const writev = library.func('long writev(int file, void *pieces, int count)');
  const pread = library.func('long pread(int file, void *target, unsigned long count, long offset)');
  const pwrite = library.func('long pwrite(int file, void *source, unsigned long count, long offset)');
  const flock = library.func('int flock(int file, int operation)');
  const waiting = new Int16Array(4);
  // An address and a length for each piece (struct iovec).
  const vector = new BigUint64Array(2 * IOV_MAX);
  const file32 = new Int32Array(waiting.buffer, 0, 1);
  const count = (result: number): number => (result < 0 ? -koffi.errno() : result);
  const errno = (result: unknown): number => (result === 0 ? 0 : koffi.errno());
  return {
    mount: (source, target, type, flags, data) => errno(mount(source, target, type, flags, data)),
    unmount: (target, flags) =>
      new Promise((resolve, reject) => {
        // The errno of a call in a thread is kept for whoever hears of its result.
        umount2.async(target, flags, (error: Error | null, result: number) => {
          if (error === null) resolve(errno(result));
          else reject(error);
        });
      }),
    waitReadable(file, timeoutMs) {
      file32[0] = file;
      waiting[2] = POLLIN;
      waiting[3] = 0;
      const ready = poll(waiting, 1, timeoutMs) as number;
      return ready < 0 ? null : ready > 0;
    },
    read: (file, target) => count(read(file, target, target.length) as number),
    write(file, pieces) {
      const [first] = pieces;
      // Most answers are one piece, and a vector takes half as long again as the call.
      if (first !== undefined && pieces.length === 1)
        return count(write(file, first, first.length) as number);
      for (const [i, piece] of pieces.entries()) {
        vector[2 * i] = koffi.address(piece);
        vector[2 * i + 1] = BigInt(piece.length);
      }
      return count(writev(file, vector, pieces.length) as number);
    },
    readAt: (file, target, offset) => count(pread(file, target, target.length, offset) as number),
    writeAt: (file, source, offset) => count(pwrite(file, source, source.length, offset) as number),
    lock: (file) => flock(file, LOCK_EX_NB) === 0,
  };
}
