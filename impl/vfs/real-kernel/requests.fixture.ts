import type { TransferOptions } from '../types.ts';
import type { Answer, Call, Program, Time } from './call.fixture.ts';
import { bytesRead, pattern } from './bytes.fixture.ts';
import { extentsShown } from './extents.fixture.ts';
import { onlyAnswerIn, type KernelStat } from './answers.fixture.ts';
import { frame, type Frame } from './frames.fixture.ts';

/**
 * Programs as requests to the performer in guest/, and what it answers in the words of our programs. What it speaks is the
 * vocabulary of model/operation.ts, of which nothing is known here but names and members.
 */

type Operation = Readonly<Record<string, unknown>>;

/** A call as it is asked for, and the bytes that go with it. */
interface Asked {
  readonly operation: Operation;
  readonly data?: Uint8Array;
}

/** The requests that have a program performed, each call a turn of its own: what follows a short write in one turn is skipped. */
export const programRequests = (program: Program): Buffer =>
  Buffer.concat(
    program.map((call, turn) => {
      const { operation, data } = askedFor(call);
      const asked = data === undefined ? operation : { ...operation, bytes: data.length };
      return frame({ call: 'perform', operations: [asked], turn }, data);
    }),
  );

/** What the performer answered to these calls. */
export const programAnswers = (program: Program, frames: readonly Frame[]): Answer[] =>
  program.map((call, index) => {
    const found = frames[index];
    if (found === undefined) throw new Error(`${JSON.stringify(call)} has no answer`);
    return answerOf(call, found);
  });

/** Bytes: more than any file has. */
const WHOLE_FILE = 2 ** 50;

/** Also without any flag or piece it is a vector that is read or written. */
const vector = (how: TransferOptions): Operation => ({ rwf: [], ...how });

const LETTER_X = 0x78;

function askedFor(call: Call): Asked {
  const [name, ...args] = call;
  if (name === 'write')
    return { operation: { op: 'write', handle: args[0] }, data: letters(Number(args[1])) };
  if (name === 'pwrite') {
    const [handle, offset, length, value] = args as TailOf<Call, 'pwrite'>;
    return { operation: { op: 'pwrite', handle, offset }, data: new Uint8Array(length).fill(value) };
  }
  if (name === 'pwritev') {
    const [handle, offset, length, seed, how] = args as TailOf<Call, 'pwritev'>;
    const where = offset === null ? { op: 'write' } : { op: 'pwrite', offset };
    return { operation: { ...where, handle, ...vector(how) }, data: pattern(seed, length) };
  }
  // The table has one row for each name, with just these arguments.
  const row = ROWS[name] as (...args: readonly unknown[]) => Operation;
  return { operation: row(...args) };
}

const letters = (length: number): Uint8Array => new Uint8Array(length).fill(LETTER_X);

type TailOf<C, Name> = C extends readonly [infer N, ...infer Rest] ? (Name extends N ? Rest : never) : never;

type WithoutData = Exclude<Call[0], 'write' | 'pwrite' | 'pwritev'>;

const ROWS: { readonly [Name in WithoutData]: (...args: TailOf<Call, Name>) => Operation } = {
  caller: (uid, gid, groups) => ({ op: 'setcreds', uid, gid, groups }),
  open: (file, path, access, flags, mode) => ({ op: 'open-anew', as: file, path, access, flags, mode }),
  close: (handle) => ({ op: 'close', handle }),
  fsync: (handle) => ({ op: 'fsync', handle }),
  read: (handle, length) => ({ op: 'read', handle, length }),
  fallocate: (handle, mode, offset, length) => ({ op: 'fallocate', handle, mode, offset, length }),
  moveExtent: (handle, donor, offset, donorOffset, length) => ({
    op: 'move-extent',
    handle,
    donor,
    offset,
    donorOffset,
    length,
  }),
  seek: (handle, offset, whence) => ({ op: 'seek', handle, offset, whence }),
  borders: (handle) => ({ op: 'borders', handle }),
  fiemap: (path, offset, length, sync) => ({ op: 'fiemap', path, offset, length, sync }),
  mapped: (path) => ({ op: 'fiemap', path, offset: 0, length: WHOLE_FILE, sync: true }),
  bmap: (path, block) => ({ op: 'bmap', path, block }),
  preadv: (handle, offset, length, how) => ({
    ...(offset === null ? { op: 'read' } : { op: 'pread', offset }),
    handle,
    length,
    ...vector(how),
  }),
  copyFileRange: (from, fromOffset, to, toOffset, length) => ({
    op: 'copy-file-range',
    from,
    fromOffset,
    to,
    toOffset,
    length,
  }),
  sendfile: (to, from, fromOffset, length) => ({ op: 'sendfile', to, from, fromOffset, length }),
  fadvise: (handle, offset, length, advice) => ({ op: 'fadvise', handle, offset, length, advice }),
  readahead: (handle, offset, length) => ({ op: 'readahead', handle, offset, length }),
  syncFileRange: (handle, offset, length, wait, write) => ({
    op: 'sync-file-range',
    handle,
    offset,
    length,
    wait,
    write,
  }),
  syncfs: (handle) => ({ op: 'syncfs', handle }),
  sum: (path) => ({ op: 'bytes-of', path }),
  contents: (path) => ({ op: 'contents', path }),
  ftruncate: (handle, size) => ({ op: 'ftruncate', handle, size }),
  truncate: (path, size) => ({ op: 'truncate', path, size }),
  mkdir: (path, mode) => ({ op: 'mkdir', path, mode }),
  rmdir: (path) => ({ op: 'rmdir', path }),
  unlink: (path) => ({ op: 'unlink', path }),
  readlink: (path) => ({ op: 'readlink', path }),
  readdir: (path) => ({ op: 'readdir', path }),
  symlink: (target, path) => ({ op: 'symlink', target, path }),
  link: (from, to) => ({ op: 'link', from, to }),
  linkHandle: (handle, to) => ({ op: 'link-handle', handle, to }),
  rename: (from, to, flags) => ({ op: 'rename', from, to, flags }),
  mknod: (path, type, mode, major, minor) => ({ op: 'mknod', path, type, mode, device: { major, minor } }),
  chmod: (path, mode) => ({ op: 'chmod', path, mode }),
  chown: (path, uid, gid) => ({ op: 'chown', path, uid, gid }),
  utimens: (path, atime, mtime) => ({ op: 'utimens', path, atime: timeOf(atime), mtime: timeOf(mtime) }),
  stat: (path) => ({ op: 'stat', path }),
  lstat: (path) => ({ op: 'lstat', path }),
  fstat: (handle) => ({ op: 'fstat', handle }),
  times: (path) => ({ op: 'lstat', path }),
  mark: (...paths) => ({ op: 'mark', paths }),
  changed: (path) => ({ op: 'changed', path }),
  setFlags: (handle, flags) => ({ op: 'set-flags', handle, flags }),
  getFlags: (handle) => ({ op: 'get-flags', handle }),
  setProject: (handle, project, inherit) => ({ op: 'set-file-project', handle, project, inherit }),
  getProject: (handle) => ({ op: 'get-file-project', handle }),
  setGeneration: (handle, generation) => ({ op: 'set-generation', handle, generation }),
  getGeneration: (handle) => ({ op: 'get-generation', handle }),
};

const timeOf = (time: Time): unknown =>
  typeof time === 'string' ? time : { seconds: time[0], nanoseconds: time[1] };

/** Each of our requests has one call, and so each list of answers one answer. */
function answerOf([name]: Call, frame: Frame): Answer {
  const answer = onlyAnswerIn(frame);
  if (typeof answer === 'string') return answer;
  if (typeof answer === 'number') return name === 'bmap' ? answer > 0 : answer;
  switch (answer.kind) {
    case 'list':
      return answer.list;
    case 'extents':
      return extentsShown(name, answer.extents);
    case 'data':
      return name === 'read' ? answer.bytes.length : bytesRead(answer.bytes);
    case 'text':
      return answer.text;
    case 'truths':
      return answer.truths;
    case 'entries':
      return answer.entries.map((entry) => entry.name).sort();
    case 'stat':
      return name === 'times' ? timesOf(answer.stat) : described(answer.stat);
  }
}

const timesOf = ({ atime, mtime }: KernelStat): Answer =>
  [atime, mtime].map(({ seconds, nanoseconds }) => [seconds, nanoseconds]);

const described = ({ type, mode, links, uid, gid, size, device }: KernelStat): Answer => ({
  type,
  mode,
  links,
  uid,
  gid,
  ...(type !== 'directory' && { size }),
  ...(device !== undefined && { device: [device.major, device.minor] }),
});
