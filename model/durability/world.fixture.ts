import { Model } from '../model.ts';
import type { Operation, Path } from '../operation.ts';
import { ext4Options } from '../options.ts';
import type { SparseContents } from '../sparse-contents.ts';
import { DurabilityHistory } from './history.ts';
import { DurabilityJudge } from './judge.ts';
import type { RecoveredNode, RecoveredTree } from './recovered-tree.ts';
import type { DurabilityMode } from './rules.ts';

export const BLOCK_BYTES = 4096;

/** The buffer_head path as it is mounted usually. */
export const BUFFER_HEAD: DurabilityMode = {
  path: 'buffer_head',
  data: 'ordered',
  journal: true,
  delalloc: true,
  unwrittenFirst: true,
  blockBytes: BLOCK_BYTES,
  fastCommit: false,
};
export const IOMAP: DurabilityMode = { ...BUFFER_HEAD, path: 'iomap' };
export const WRITEBACK: DurabilityMode = { ...BUFFER_HEAD, data: 'writeback' };

/** No byte of any stream is zero, and streams differ everywhere. */
const streamBytes = (seed: number, _: number, length: number): Uint8Array =>
  new Uint8Array(length).fill(seed);

/** What the operations left, and what is found of it: version by version, as it was or changed. */
export class World {
  readonly #history: DurabilityHistory;
  readonly #judge: DurabilityJudge;
  readonly #completed: number;

  constructor(mode: DurabilityMode, ...operations: readonly Operation[]) {
    const model = new Model(ext4Options(BLOCK_BYTES, { seconds: 1, nanoseconds: 0 }));
    this.#history = new DurabilityHistory(model);
    for (const [step, operation] of operations.entries()) {
      const outcome = model.step(operation, { seconds: 10 + step, nanoseconds: 0 });
      if (!outcome.ok) throw new Error(`${operation.op} fails: ${outcome.errno}`);
      this.#history.note(operation, outcome);
    }
    this.#judge = new DurabilityJudge(this.#history, mode, streamBytes);
    this.#completed = operations.length;
  }

  /** The tree after so many operations; `changes` are files whose bytes are others. */
  tree(version: number, changes: Readonly<Record<Path, readonly number[]>> = {}): RecoveredTree {
    const { names, inodes } = this.#history.moment(version);
    const tree = new Map<Path, RecoveredNode>();
    for (const [path, id] of names) {
      const inode = inodes.get(id);
      if (inode === undefined) throw new Error(`${path} has no inode`);
      const { contents, stat, target } = inode;
      const bytes = changes[path] === undefined ? bytesOf(contents) : Uint8Array.from(changes[path]);
      const xattrs = new Map(
        [...inode.xattrs].map(([name, value]) => {
          if (!('seed' in value)) throw new Error(`${name} is no stretch of a stream`);
          return [name, streamBytes(value.seed, 0, value.length)] as const;
        }),
      );
      const size = bytes?.length ?? stat.size;
      tree.set(path, { ...stat, size, ino: id, bytes, target, xattrs, flags: inode.flags });
    }
    return tree;
  }

  /** What is wrong with the tree when the power goes after so many operations; null when nothing is. */
  judge(tree: RecoveredTree, completed = this.#completed, begun = completed + 1): string | null {
    return this.#judge.judge(tree, { completed, begun })?.what ?? null;
  }
}

function bytesOf(contents: SparseContents | null): Uint8Array | null {
  if (contents === null) return null;
  const runs = contents.read(0, contents.size);
  return Uint8Array.from(
    runs.flatMap((run) => new Array<number>(run.length).fill(run.kind === 'bytes' ? run.seed : 0)),
  );
}

export const open = (as: 'fd0' | 'fd1', path: Path): Operation => ({
  op: 'open',
  as,
  path,
  access: 'read-write',
  flags: { create: true },
  mode: 0o644,
});
export const write = (seed: number, offset: number, length: number): Operation => ({
  op: 'pwrite',
  handle: 'fd0',
  offset,
  content: { seed, length },
});
export const SYNC_ALL: Operation = { op: 'sync' };
export const FSYNC: Operation = { op: 'fsync', handle: 'fd0' };
export const filled = (length: number, byte: number): number[] => new Array<number>(length).fill(byte);
