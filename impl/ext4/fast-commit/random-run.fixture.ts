import type { RecordingDisk } from '../../jbd2/test-disk.ts';
import type { FileSystem } from '../../vfs/file-system.ts';
import { ourTree, type Tree } from './power-cut.fixture.ts';

/** Random runs whose every state is known, so that a power cut can be held against them. Only for tests. */

/** Numbers that repeat themselves late, from 0 to below 1. */
export function dice(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

/** A moment between two operations. */
export interface Moment {
  readonly tree: Tree;
  /** Writes that the device had seen. */
  readonly writes: number;
  /** Everything so far was made durable. */
  readonly durable: boolean;
  /** The operation that led here. */
  readonly done: string;
}

/**
 * Does `count` operations. Every write is followed by its fsync, because until then the data of a file may be older than its
 * names; nothing is written over, because a power cut may leave a part of that, nor does a file end within a block when it
 * is cut, because the rest of the block would be filled with zeros. An fsync of a file that has not changed promises
 * nothing of others. An operation that fails has done nothing.
 */
export function randomRun(fs: FileSystem, disk: RecordingDisk, seed: number, count: number): Moment[] {
  const roll = dice(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(roll() * from.length)] as T;
  const names = ['/a', '/b', '/c', '/d/a', '/d/b', '/d/e'];
  const moments: Moment[] = [];
  const note = (done: string, durable: boolean): void => {
    moments.push({ tree: ourTree(fs), writes: disk.writes.length, durable, done });
  };
  note('start', true);
  for (let step = 0; step < count; step++) {
    fs.now = { seconds: fs.now.seconds + 1, nanoseconds: 0 };
    const [path, other] = [pick(names), pick(names)];
    const kind = pick([
      'append',
      'append',
      'append',
      'fsync',
      'create',
      'link',
      'rename',
      'cut',
      'mode',
      'remove',
    ]);
    try {
      perform(fs, kind, path, other, roll);
    } catch (error) {
      if (!(error instanceof Error) && typeof error === 'object') continue;
      throw error;
    }
    note(`${kind} ${path} ${other}`, kind === 'append');
  }
  return moments;
}

function perform(fs: FileSystem, kind: string, path: string, other: string, roll: () => number): void {
  if (kind === 'rename') fs.rename(path, other);
  else if (kind === 'link') fs.link(path, other);
  else if (kind === 'remove') fs.unlink(path);
  else if (kind === 'mode') fs.chmod(path, Math.floor(roll() * 0o777));
  else if (kind === 'cut') fs.truncate(path, Math.floor((roll() * fs.stat(path).size) / 1024) * 1024);
  else withFile(fs, path, kind, roll);
}

function withFile(fs: FileSystem, path: string, kind: string, roll: () => number): void {
  const fd = fs.open(path, { access: 'read-write', create: kind !== 'fsync' });
  if (kind === 'append') {
    const end = fs.fstat(fd).size;
    // Sometimes behind a hole.
    const start = roll() < 0.3 ? end + Math.floor(roll() * 9000) : end;
    fs.pwrite(fd, new Uint8Array(1 + Math.floor(roll() * 7000)).fill(1 + Math.floor(roll() * 250)), start);
  }
  if (kind !== 'create') fs.fsync(fd);
  fs.close(fd);
}
