import { present } from '../lib/assert.ts';
import { Failure } from '../lib/errno.ts';
import type { FileSystem } from './file-system.ts';

/** Small programs that read, write and map two files, for our file system and for the real kernel. Only for tests. */

/** Files and mappings are numbered; `byte` is what is written, over and over. */
export type Step =
  | readonly ['pwrite', file: number, offset: number, length: number, byte: number]
  | readonly ['pread', file: number, offset: number, length: number]
  | readonly ['truncate', file: number, size: number]
  | readonly [
      'mmap',
      map: number,
      file: number,
      page: number,
      pages: number,
      shared: boolean,
      writable: boolean,
    ]
  | readonly ['munmap', map: number]
  | readonly ['load', map: number, offset: number, length: number]
  | readonly ['store', map: number, offset: number, length: number, byte: number]
  | readonly ['msync', map: number]
  | readonly ['fsync', file: number]
  | readonly ['reclaim', file: number, offset: number, length: number]
  | readonly ['writeback', file: number, offset: number, length: number]
  | readonly ['sync']
  | readonly ['drop']
  | readonly ['toggle'];

const PAGE = 4096;
const FILES = 2;
const MAPS = 3;
const NUDGES = [0, 0, -1, 1, 100];

/** Numbers that look random and are the same for ever (a linear congruential generator). */
class Numbers {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2654435761 + 12345) >>> 0;
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  /** Mostly near a boundary of pages or blocks, where mistakes are. */
  position(pages: number): number {
    const unit = [PAGE, 1024, 512][this.below(3)] ?? PAGE;
    const near = this.below(Math.floor((pages * PAGE) / unit)) * unit;
    return Math.max(0, near + (NUDGES[this.below(NUDGES.length)] ?? 0));
  }
}

const STEPS: readonly ((numbers: Numbers, at: number) => Step)[] = [
  (n, at) => ['pwrite', n.below(FILES), n.position(10), 1 + n.position(3), at % 250],
  (n) => ['pread', n.below(FILES), n.position(10), 1 + n.position(10)],
  (n) => ['truncate', n.below(FILES), n.position(10)],
  (n) => ['mmap', n.below(MAPS), n.below(FILES), n.below(4), 1 + n.below(6), n.below(3) > 0, n.below(5) > 0],
  (n) => ['munmap', n.below(MAPS)],
  (n) => ['load', n.below(MAPS), n.position(6), 1 + n.position(6)],
  (n, at) => ['store', n.below(MAPS), n.position(6), 1 + n.position(2), at % 250],
  (n) => ['msync', n.below(MAPS)],
  (n) => ['fsync', n.below(FILES)],
  () => ['sync'],
  () => ['drop'],
  (n) => ['reclaim', n.below(FILES), n.position(10), 1 + n.position(10)],
  (n) => ['writeback', n.below(FILES), n.position(10), 1 + n.position(10)],
  () => ['toggle'],
];

/** How often each of STEPS comes. */
const WEIGHTS = [5, 4, 4, 4, 1, 6, 8, 1, 1, 1, 1, 2, 3, 1];

export function memoryProgram(seed: number, length: number): Step[] {
  const numbers = new Numbers(seed);
  const total = WEIGHTS.reduce((sum, weight) => sum + weight, 0);
  return Array.from({ length }, (_, at) => {
    let rest = numbers.below(total);
    const kind = WEIGHTS.findIndex((weight) => (rest -= weight) < 0);
    return present(STEPS[kind], 'a kind of step')(numbers, at + 1);
  });
}

/** Bytes as runs of equal ones, as far as they lie within the file. */
function runs(bytes: Uint8Array): [byte: number, length: number][] {
  const found: [number, number][] = [];
  for (const byte of bytes) {
    const last = found[found.length - 1];
    if (last?.[0] === byte) last[1]++;
    else found.push([byte, 1]);
  }
  return found;
}

class Process {
  readonly fs: FileSystem;
  readonly number: number;
  readonly fds: readonly number[];
  readonly maps = new Map<number, { id: number; file: number; page: number }>();

  constructor(fs: FileSystem, number: number) {
    this.fs = fs;
    this.number = number;
    const flags = { access: 'read-write', create: true } as const;
    this.fds = Array.from({ length: FILES }, (_, file) => fs.open(`/p${number}.${file}`, flags));
  }

  /** The value of a call, or undefined. */
  perform(step: Step): unknown {
    const row = CALLS[step[0]] as (process: Process, ...args: readonly unknown[]) => unknown;
    const [, ...args] = step;
    return row(this, ...args);
  }

  fd(file: number): number {
    return present(this.fds[file], 'an open file');
  }
}

type Arguments<Name> =
  Extract<Step, readonly [Name, ...unknown[]]> extends readonly [unknown, ...infer Rest] ? Rest : [];

const CALLS: { readonly [Name in Step[0]]: (process: Process, ...args: Arguments<Name>) => unknown } = {
  pwrite: (process, file, offset, length, byte) =>
    process.fs.pwrite(process.fd(file), new Uint8Array(length).fill(byte), offset),
  pread(process, file, offset, length) {
    const target = new Uint8Array(length);
    return runs(target.subarray(0, process.fs.pread(process.fd(file), target, offset)));
  },
  truncate: (process, file, size) => process.fs.ftruncate(process.fd(file), size),
  fsync: (process, file) => process.fs.fsync(process.fd(file)),
  sync: ({ fs }) => fs.sync(),
  drop: ({ fs }) => fs.dropCaches(),
  reclaim: ({ fs, number }, file, offset, length) => fs.reclaim(`/p${number}.${file}`, offset, length),
  writeback: ({ fs, number }, file, offset, length) => fs.writeback(`/p${number}.${file}`, offset, length),
  toggle: ({ fs }) => fs.reconfigure({ bufferedIomap: !fs.sb.options.bufferedIomap }),
  mmap(process, map, file, page, pages, shared, writable) {
    const old = process.maps.get(map);
    if (old !== undefined) process.fs.munmap(old.id);
    const id = process.fs.mmap(process.fd(file), page * PAGE, pages * PAGE, {
      sharing: shared ? 'shared' : 'private',
      access: writable ? 'read-write' : 'read',
    });
    process.maps.set(map, { id, file, page });
  },
  munmap({ fs, maps }, map) {
    const known = maps.get(map);
    if (known === undefined) return 'none';
    fs.munmap(known.id);
    maps.delete(map);
    return undefined;
  },
  load(process, map, offset, length) {
    const known = process.maps.get(map);
    if (known === undefined) return 'none';
    const target = new Uint8Array(length);
    const count = process.fs.load(known.id, offset, target);
    // What lies behind the end of the file is there until writeback clears it away, whenever that is.
    const end = process.fs.fstat(process.fd(known.file)).size - known.page * PAGE - offset;
    return [count, runs(target.subarray(0, Math.max(0, Math.min(count, end))))];
  },
  store({ fs, maps }, map, offset, length, byte) {
    const known = maps.get(map);
    return known === undefined ? 'none' : fs.store(known.id, offset, new Uint8Array(length).fill(byte));
  },
  msync({ fs, maps }, map) {
    const known = maps.get(map);
    if (known === undefined) return 'none';
    fs.msync(known.id, 0, PAGE, 'sync');
    return undefined;
  },
};

/** The answers of our file system. */
export function performMemoryProgram(fs: FileSystem, number: number, program: readonly Step[]): unknown[] {
  const process = new Process(fs, number);
  const answers = program.map((step) => {
    try {
      return process.perform(step) ?? 'done';
    } catch (error) {
      if (error instanceof Failure) return error.errno;
      throw error;
    } finally {
      fs.checkInvariants();
    }
  });
  fs.closeAll();
  return answers;
}

/** The same for a kernel: programs as JSON in, answers as JSON out. Loads and stores are made by the kernel. */
export const MEMORY_SCRIPT = `
import ctypes, errno, itertools, json, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
libc.msync.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
for call in (libc.pread, libc.pwrite):
    call.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_long]
    call.restype = ctypes.c_long
libc.sync_file_range.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
os.chdir(sys.argv[1])
scratch = os.memfd_create('scratch')
os.ftruncate(scratch, 1 << 20)
PAGE = 4096
def checked(result):
    if result < 0: raise OSError(ctypes.get_errno(), '')
    return result
def runs(data): return [[byte, len(list(group))] for byte, group in itertools.groupby(data)]
class Process:
    def __init__(self, number):
        self.fds = [os.open('p%d.%d' % (number, file), os.O_RDWR | os.O_CREAT, 0o666) for file in range(${FILES})]
        self.maps = {}
    def pwrite(self, file, offset, length, byte): return os.pwrite(self.fds[file], bytes([byte]) * length, offset)
    def pread(self, file, offset, length): return runs(os.pread(self.fds[file], length, offset))
    def truncate(self, file, size): os.ftruncate(self.fds[file], size)
    def fsync(self, file): os.fsync(self.fds[file])
    def sync(self): checked(libc.syncfs(self.fds[0]))
    def drop(self):
        for fd in self.fds: os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    def reclaim(self, file, offset, length): os.posix_fadvise(self.fds[file], offset, length, os.POSIX_FADV_DONTNEED)
    def writeback(self, file, offset, length): checked(libc.sync_file_range(self.fds[file], offset, length, 2))
    def toggle(self): pass
    def mmap(self, map, file, page, pages, shared, writable):
        if map in self.maps: self.munmap(map)
        address = libc.mmap(None, pages * PAGE, 3 if writable else 1, 1 if shared else 2, self.fds[file], page * PAGE)
        if address == ctypes.c_void_p(-1).value: checked(-1)
        self.maps[map] = (address, pages * PAGE, file, page)
    def munmap(self, map):
        if map not in self.maps: return 'none'
        address, length, _, _ = self.maps.pop(map)
        checked(libc.munmap(address, length))
    def msync(self, map):
        if map not in self.maps: return 'none'
        checked(libc.msync(self.maps[map][0], PAGE, 4))
    def load(self, map, offset, length):
        if map not in self.maps: return 'none'
        address, size, file, page = self.maps[map]
        if offset >= size: raise OSError(errno.EFAULT, '')
        count = checked(libc.pwrite(scratch, address + offset, min(length, size - offset), 0))
        end = os.fstat(self.fds[file]).st_size - page * PAGE - offset
        return [count, runs(os.pread(scratch, count, 0)[:max(0, min(count, end))])]
    def store(self, map, offset, length, byte):
        if map not in self.maps: return 'none'
        address, size, _, _ = self.maps[map]
        if offset >= size: raise OSError(errno.EFAULT, '')
        os.pwrite(scratch, bytes([byte]) * length, 0)
        return checked(libc.pread(scratch, address + offset, min(length, size - offset), 0))
    def finish(self):
        for map in list(self.maps): self.munmap(map)
        for fd in self.fds: os.close(fd)
def run(number, program):
    process, answers = Process(number), []
    for name, *arguments in program:
        try:
            answer = getattr(process, name)(*arguments)
            answers.append('done' if answer is None else answer)
        except OSError as error: answers.append(errno.errorcode[error.errno])
    process.finish()
    return answers
print(json.dumps([run(number, program) for number, program in enumerate(json.load(open(sys.argv[2])))]))
`;
