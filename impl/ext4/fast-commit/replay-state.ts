import { MountRefused } from '../../lib/corruption.ts';
import type { Handle } from '../../jbd2/handle.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { EXT4_ROOT_INO } from '../layout/inode.ts';
import type { SuperBlock } from '../super/super-block.ts';
import { ClusterSet } from './cluster-set.ts';

/** What the parts of a replay share (struct ext4_fc_replay_state). */
export class ReplayState {
  readonly sb: SuperBlock;
  /** Files whose blocks may have changed: in the end what they map is theirs, and counted. */
  readonly modified = new Set<Inode>();
  /** Inodes that were made and have no name so far. */
  readonly unnamed = new Set<Inode>();
  /** Directories that have had one more name than one since a fast commit renamed them: how many more. */
  readonly spareNames = new Map<Inode, number>();
  /** Clusters that belonged to a file, or shall: in the end those that no modified file maps are free. */
  readonly loose: ClusterSet;
  readonly #opened = new Map<number, Inode>();
  readonly #mayStart: (blocks: number) => boolean;

  constructor(sb: SuperBlock, mayStart: (blocks: number) => boolean) {
    const { firstDataBlock, clusterRatio, clustersPerGroup } = sb.geometry;
    this.sb = sb;
    this.loose = new ClusterSet(firstDataBlock, clusterRatio, clustersPerGroup);
    this.#mayStart = mayStart;
  }

  /** Throws MountRefused when what is replayed does not fit into one transaction: then nothing of it reaches the disk. */
  mustFit(credits: number): void {
    if (!this.#mayStart(credits))
      throw new MountRefused('the fast commits change more than the log can hold');
  }

  /** One update. */
  *update<T>(credits: number, body: (handle: Handle) => Sleepable<T>): Sleepable<T> {
    this.mustFit(credits);
    const handle = yield* this.sb.journal.start(credits);
    try {
      return yield* body(handle);
    } finally {
      yield* handle.stop();
    }
  }

  /** Is it a number that a user's inode may have, or the root's, and in use? */
  *isUsed(ino: number): Sleepable<boolean> {
    const { geometry, inodeAllocator } = this.sb;
    if ((ino < geometry.firstInode && ino !== EXT4_ROOT_INO) || ino > geometry.inodes) return false;
    return yield* inodeAllocator.isUsed(ino);
  }

  /** The inode, which stays open until the end of the replay; null if there is none (ext4_iget). Throws Corruption. */
  *inode(ino: number): Sleepable<Inode | null> {
    const known = this.#opened.get(ino);
    if (known !== undefined) return known;
    if (!(yield* this.isUsed(ino))) return null;
    const inode = yield* this.sb.inodes.getOrphan(ino);
    this.#opened.set(ino, inode);
    return inode;
  }

  /** Nobody refers to the inode any more. */
  *close(inode: Inode): Sleepable<void> {
    this.#opened.delete(inode.ino);
    this.modified.delete(inode);
    this.unnamed.delete(inode);
    yield* this.sb.inodes.put(inode);
  }

  *closeAll(): Sleepable<void> {
    for (const inode of [...this.#opened.values()]) yield* this.close(inode);
  }
}
