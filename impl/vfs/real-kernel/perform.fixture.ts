import type { FiemapExtent } from '../../ext4/data/fiemap.ts';
import { Failure } from '../../lib/errno.ts';
import type { FileSystem } from '../file-system.ts';
import type { Stat } from '../types.ts';
import { bytesRead, pattern } from './bytes.fixture.ts';
import type { Answer, Call, Program, Time } from './call.fixture.ts';
import { extentsShown } from './extents.fixture.ts';

/** Runs programs on our file system and answers in the words of performer.py. */

/** Each call happens a second after the one before it. */
export function performProgram(fs: FileSystem, folder: string, program: Program): Answer[] {
  fs.mkdir(folder, 0o755);
  const running = new Running(fs, folder);
  const answers = program.map((call) => {
    fs.now = { ...fs.now, seconds: fs.now.seconds + 1 };
    try {
      return running.perform(call);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return error.errno;
    }
  });
  fs.setCredentials(0, 0);
  fs.closeAll();
  return answers;
}

const NO_FILE = -1;

/** One program: its folder, its open files, and the times it remembers. */
class Running {
  readonly fs: FileSystem;
  readonly folder: string;
  readonly files = new Map<string, number>();
  /** By inode number: a name may come to mean another file. */
  readonly marks = new Map<number, readonly string[]>();

  constructor(fs: FileSystem, folder: string) {
    this.fs = fs;
    this.folder = folder;
  }

  perform(call: Call): Answer {
    const [name, ...args] = call;
    // The table has one row for each name, with just these arguments.
    const row = CALLS[name] as (running: Running, ...args: readonly unknown[]) => Answer;
    return row(this, ...args) ?? 'done';
  }

  /** The empty path stays what it is. */
  at(path: string): string {
    return path === '' ? '' : `${this.folder}/${path}`;
  }

  fd(file: string): number {
    return this.files.get(file) ?? NO_FILE;
  }

  opened<T>(path: string, use: (fd: number) => T): T {
    const fd = this.fs.open(this.at(path), { access: 'read' });
    try {
      return use(fd);
    } finally {
      this.fs.close(fd);
    }
  }
}

type TailOf<C, Name> = C extends readonly [infer N, ...infer Rest] ? (Name extends N ? Rest : never) : never;

const CALLS: {
  readonly [Name in Call[0]]: (running: Running, ...args: TailOf<Call, Name>) => Answer;
} = {
  caller: ({ fs }, uid, gid, groups) => fs.setCredentials(uid, gid, groups),
  open(running, file, path, access, flags, mode) {
    const set = Object.fromEntries(flags.map((flag) => [flag, true]));
    running.files.set(file, running.fs.open(running.at(path), { access, ...set }, mode));
  },
  close(running, file) {
    running.fs.close(running.fd(file));
    running.files.delete(file);
  },
  fsync: (running, file) => running.fs.fsync(running.fd(file)),
  read: (running, file, length) => running.fs.read(running.fd(file), new Uint8Array(length)),
  write: (running, file, length) => running.fs.write(running.fd(file), new Uint8Array(length).fill(0x78)),
  preadv(running, file, offset, length, how) {
    const memory = new Uint8Array(length);
    const fd = running.fd(file);
    const { fs } = running;
    const count = offset === null ? fs.read(fd, memory, how) : fs.pread(fd, memory, offset, how);
    return bytesRead(memory.subarray(0, count));
  },
  pwritev(running, file, offset, length, seed, how) {
    const memory = pattern(seed, length);
    const fd = running.fd(file);
    return offset === null ? running.fs.write(fd, memory, how) : running.fs.pwrite(fd, memory, offset, how);
  },
  copyFileRange(running, from, fromOffset, to, toOffset, length) {
    const ends = [
      { fd: running.fd(from), offset: fromOffset },
      { fd: running.fd(to), offset: toOffset },
    ] as const;
    return running.fs.copyFileRange(ends[0], ends[1], length);
  },
  sendfile: (running, to, from, offset, length) =>
    running.fs.sendfile(running.fd(to), { fd: running.fd(from), offset }, length),
  fadvise: (running, file, offset, length, advice) =>
    running.fs.fadvise(running.fd(file), offset, length, advice),
  readahead: (running, file, offset, length) => running.fs.readahead(running.fd(file), offset, length),
  syncFileRange(running, file, offset, length, wait, write) {
    running.fs.syncFileRange(running.fd(file), offset, length, wait, write);
  },
  syncfs: (running, file) => running.fs.syncfs(running.fd(file)),
  sum(running, path) {
    const fd = running.fs.open(running.at(path), { access: 'read' });
    const data = new Uint8Array(running.fs.fstat(fd).size);
    running.fs.read(fd, data);
    running.fs.close(fd);
    return bytesRead(data);
  },
  ftruncate: (running, file, size) => running.fs.ftruncate(running.fd(file), size),
  truncate: (running, path, size) => running.fs.truncate(running.at(path), size),
  mkdir: (running, path, mode) => running.fs.mkdir(running.at(path), mode),
  rmdir: (running, path) => running.fs.rmdir(running.at(path)),
  unlink: (running, path) => running.fs.unlink(running.at(path)),
  symlink: (running, target, path) => running.fs.symlink(target, running.at(path)),
  readlink: (running, path) => running.fs.readlink(running.at(path)),
  readdir: (running, path) => running.fs.readdir(running.at(path)).map(nameOf).sort(),
  link: (running, from, to) => running.fs.link(running.at(from), running.at(to)),
  linkHandle: (running, file, to) => running.fs.linkHandle(running.fd(file), running.at(to)),
  rename(running, from, to, flags) {
    const set = Object.fromEntries(flags.map((flag) => [flag, true]));
    running.fs.rename(running.at(from), running.at(to), set);
  },
  mknod(running, path, type, mode, major, minor) {
    running.fs.mknod(running.at(path), type, mode, { major, minor });
  },
  chmod: (running, path, mode) => running.fs.chmod(running.at(path), mode),
  chown: (running, path, uid, gid) => running.fs.chown(running.at(path), uid, gid),
  utimens(running, path, atime, mtime) {
    running.fs.utimens(running.at(path), timeOf(atime), timeOf(mtime));
  },
  stat: (running, path) => described(running.fs.stat(running.at(path))),
  lstat: (running, path) => described(running.fs.lstat(running.at(path))),
  fstat: (running, file) => described(running.fs.fstat(running.fd(file))),
  times(running, path) {
    const { atime, mtime } = running.fs.lstat(running.at(path));
    return [atime, mtime].map(({ seconds, nanoseconds }) => [seconds, nanoseconds]);
  },
  mark(running, ...paths) {
    running.marks.clear();
    for (const path of paths) {
      const stat = running.fs.lstat(running.at(path));
      running.marks.set(stat.ino, stamps(stat));
    }
  },
  changed(running, path) {
    const stat = running.fs.lstat(running.at(path));
    const before = running.marks.get(stat.ino);
    return before === undefined ? 'unmarked' : stamps(stat).map((stamp, index) => stamp !== before[index]);
  },
  pwrite: (running, file, offset, length, value) =>
    running.fs.pwrite(running.fd(file), new Uint8Array(length).fill(value), offset),
  fallocate: (running, file, mode, offset, length) =>
    running.fs.fallocate(running.fd(file), mode, offset, length),
  moveExtent: (running, file, donor, offset, donorOffset, length) =>
    running.fs.moveExtent(running.fd(file), running.fd(donor), { offset, donorOffset, length }),
  seek: (running, file, offset, whence) => running.fs.seek(running.fd(file), offset, whence),
  borders: (running, file) => bordersOf(running.fs, running.fd(file)),
  fiemap: (running, path, offset, length, sync) =>
    running.opened(path, (fd) =>
      extentsShown('fiemap', told(running.fs.fiemap(fd, offset, length, { sync }))),
    ),
  mapped: (running, path) =>
    running.opened(path, (fd) =>
      extentsShown('mapped', told(running.fs.fiemap(fd, 0, Infinity, { sync: true }))),
    ),
  bmap: (running, path, block) => running.opened(path, (fd) => running.fs.bmap(fd, block) > 0),
  contents: (running, path) => running.opened(path, (fd) => contentsOf(running.fs, fd)),
  setFlags: (running, file, flags) => running.fs.setFlags(running.fd(file), flags),
  getFlags: (running, file) => running.fs.getFlags(running.fd(file)) >>> 0,
  setProject: (running, file, project, inherit) => running.fs.setProject(running.fd(file), project, inherit),
  getProject: (running, file) => running.fs.getProject(running.fd(file)),
  setGeneration: (running, file, generation) => running.fs.setGeneration(running.fd(file), generation),
  getGeneration: (running, file) => running.fs.getGeneration(running.fd(file)),
};

const nameOf = ({ name }: { readonly name: string }): string => name;

const timeOf = (time: Time): 'now' | 'omit' | { seconds: number; nanoseconds: number } =>
  typeof time === 'string' ? time : { seconds: time[0], nanoseconds: time[1] };

function described({ type, mode, links, uid, gid, size, device }: Stat): Answer {
  return {
    type,
    mode,
    links,
    uid,
    gid,
    ...(type !== 'directory' && { size }),
    ...(device !== undefined && { device: [device.major, device.minor] }),
  };
}

const stamps = ({ mtime, ctime }: Stat): string[] => [mtime, ctime].map((time) => JSON.stringify(time));

/** More stops than that mean that a search does not move. */
const BORDERS_MAX = 200;

/** Every place where data becomes a hole or the other way round. */
function bordersOf(fs: FileSystem, fd: number): Answer {
  const stops: number[] = [];
  try {
    for (let at = 0; stops.length < BORDERS_MAX;) {
      at = fs.seek(fd, at, 'data');
      stops.push(at);
      at = fs.seek(fd, at, 'hole');
      stops.push(at);
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [...stops, error.errno];
  }
  return stops;
}

const told = (extents: readonly FiemapExtent[]): { offset: number; length: number; flags: number }[] =>
  extents.map(({ logical, length, flags }) => ({ offset: logical, length, flags }));

/** Bytes that are read at once. */
const READ_BYTES = 65536;

function contentsOf(fs: FileSystem, fd: number): Answer {
  const runs: [value: number, length: number][] = [];
  const target = new Uint8Array(READ_BYTES);
  for (let count = fs.read(fd, target); count > 0; count = fs.read(fd, target)) {
    for (const value of target.subarray(0, count)) {
      const last = runs.at(-1);
      if (last?.[0] === value) last[1]++;
      else runs.push([value, 1]);
    }
  }
  return runs;
}
