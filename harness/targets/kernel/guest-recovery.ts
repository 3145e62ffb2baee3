import type { Operation, Path, RecoveredNode, RecoveredTree, Value } from '../../../model/index.ts';
import type { KernelRecovery } from '../../crash/examination.ts';
import { timeOfStep, type Setup } from '../../setup.ts';
import type { DiskImage, Session } from '../../target.ts';
import { EXT4 } from './file-systems.ts';
import { GuestMachine, type GuestKind, type GuestSeat } from './guest-machine.ts';
import { KernelClock } from './kernel-clock.ts';
import { KernelSession } from './kernel-session.ts';
import { MetDifferences } from './met-differences.ts';
import { uncomparedOf } from './promises.ts';

/** The most of a file that is read. Nobody writes so much; a size that is wrong is known by itself. */
const READ_BYTES_MAX = 1 << 20;

const HANDLE = 'fd0';
const NOW = timeOfStep(0);

/** Kernels of their own that mount what power cuts left, and tell what they find. */
export class GuestRecovery implements KernelRecovery {
  readonly #machine: GuestMachine;

  constructor(kind: GuestKind, workspace: string) {
    this.#machine = new GuestMachine(kind, workspace, 'recovery');
  }

  async recover(image: DiskImage, setup: Setup): Promise<RecoveredTree | string> {
    const seat = await this.#machine.seat(image.sizeBytes);
    try {
      seat.load(image);
      // Read-only, it replays the journal and takes orphans away all the same, and looking changes nothing.
      const place = seat.place(EXT4.type, [...EXT4.mountWords(setup), 'ro']);
      const { error, heard = [] } = await seat.performer.call({ call: 'stand', place, paced: false });
      const tree = error === undefined ? await treeOn(seat, setup) : null;
      await seat.performer.call({ call: 'go' });
      seat.release();
      return heard.length > 0 || tree === null ? [error ?? 'it is mounted', ...heard].join('\n') : tree;
    } catch (error) {
      seat.destroy();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#machine.close();
  }
}

async function treeOn(seat: GuestSeat, setup: Setup): Promise<RecoveredTree> {
  const differences = new MetDifferences(seat.performer.hello.kernel, EXT4.type, setup);
  const session = new KernelSession(seat, new KernelClock(false), differences, uncomparedOf(EXT4.type));
  const tree = new Map<Path, RecoveredNode>();
  const walk = async (path: Path, prefix: Path): Promise<void> => {
    const node = await nodeAt(session, path);
    tree.set(path, node);
    if (node.type !== 'directory') return;
    const { entries } = await asked(session, { op: 'readdir', path }, 'entries');
    for (const { name } of entries) await walk(prefix + name, `${prefix}${name}/`);
  };
  await walk('.', '');
  return tree;
}

async function nodeAt(session: Session, path: Path): Promise<RecoveredNode> {
  const { stat } = await asked(session, { op: 'lstat', path }, 'stat');
  const { type, mode, links, uid, gid, size, mtime, ctime } = stat;
  return {
    ...{ type, mode, links, uid, gid, size, mtime, ctime },
    ino: await session.identity(path, NOW),
    bytes: type === 'file' ? await contentsAt(session, path, size) : null,
    target: type === 'symlink' ? (await asked(session, { op: 'readlink', path }, 'text')).text : null,
    xattrs: await xattrsAt(session, path),
    flags:
      type === 'file' || type === 'directory'
        ? (await asked(session, { op: 'lsattr', path }, 'flags')).flags
        : [],
  };
}

async function xattrsAt(session: Session, path: Path): Promise<ReadonlyMap<string, Uint8Array>> {
  const values = new Map<string, Uint8Array>();
  const { names } = await asked(session, { op: 'listxattr', path, nofollow: true }, 'names');
  for (const name of names) {
    const { bytes } = await asked(session, { op: 'getxattr', path, name, nofollow: true }, 'data');
    values.set(name, Uint8Array.from(bytes));
  }
  return values;
}

async function contentsAt(session: Session, path: Path, size: number): Promise<Uint8Array> {
  const length = Math.min(size, READ_BYTES_MAX);
  if (length === 0) return new Uint8Array(0);
  await asked(session, { op: 'open', as: HANDLE, path, access: 'read', flags: {}, mode: 0 }, 'done');
  const { bytes } = await asked(session, { op: 'pread', handle: HANDLE, offset: 0, length }, 'data');
  const own = Uint8Array.from(bytes);
  await asked(session, { op: 'close', handle: HANDLE }, 'done');
  return own;
}

/** Whatever is refused is a finding: nobody else does anything there. */
async function asked<K extends Value['kind']>(
  session: Session,
  operation: Operation,
  kind: K,
): Promise<Extract<Value, { kind: K }>> {
  const outcome = await session.apply(operation, NOW);
  if (!outcome.ok || outcome.value.kind !== kind)
    throw new Error(
      `${operation.op} on what was recovered: ${outcome.ok ? outcome.value.kind : outcome.errno}`,
    );
  return outcome.value as Extract<Value, { kind: K }>;
}
