import type { Journal } from '../../jbd2/journal.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import type { SuperBlock } from '../super/super-block.ts';
import { changeOf, type Change } from './changes.ts';
import { bury, replayInode } from './replay-inode.ts';
import { replayCreate, replayLink, replayUnlink } from './replay-names.ts';
import { addRange, deleteRange } from './replay-ranges.ts';
import { ReplayState } from './replay-state.ts';
import type { WholeCommit } from './scan.ts';
import { claimRanges, settleBlocks } from './settle.ts';

/** Superblock, and for each orphan its block of the table, or its block of the orphan file. */
const ORPHAN_CREDITS = 4;

/**
 * Replays fast commits (ext4_fc_replay): what they tell of happens in the transaction that they belong to, which is then
 * committed like any other. So a crash in between leaves them to be replayed again, from the same start; the kernel changes the
 * home blocks, and relies on every tag telling an outcome. Throws Corruption, and MountRefused when the log is too short.
 */
export function* replayFastCommits(
  sb: SuperBlock,
  journal: Journal,
  commits: readonly WholeCommit[],
): Sleepable<void> {
  const changes = commits.map((tags) => tags.map((tag) => changeOf(sb, tag)));
  const states: ReplayState[] = [];
  yield* journal.replayFastCommits(function* (mayStart) {
    const state = new ReplayState(sb, mayStart);
    states.push(state);
    const orphans = yield* state.update(ORPHAN_CREDITS, (handle) => sb.orphans.takeAll(handle));
    yield* claimRanges(state, changes.flat());
    for (const commit of changes) yield* new CommitReplay(state, commit).run();
    for (const inode of state.unnamed) yield* bury(state, inode);
    yield* settleBlocks(state);
    for (const ino of orphans) yield* putBack(state, ino);
  });
  // Orphans without links go here; what else is in memory was for the replay.
  for (const state of states) yield* state.closeAll();
  sb.orphans.leaveMemory();
  sb.inodes.dropUnused();
}

/** Unless it is gone, or another inode has its number and its own name. */
function* putBack(state: ReplayState, ino: number): Sleepable<void> {
  const inode = yield* state.inode(ino);
  if (inode === null) return;
  yield* state.update(ORPHAN_CREDITS, (handle) => state.sb.orphans.add(handle, inode));
}

/** The tags of one fast commit, in order; but an inode is made as soon as another tag of the commit needs it. */
class CommitReplay {
  readonly #state: ReplayState;
  readonly #changes: readonly Change[];
  #next = 0;

  constructor(state: ReplayState, changes: readonly Change[]) {
    this.#state = state;
    this.#changes = changes;
  }

  *run(): Sleepable<void> {
    for (const change of this.#changes) {
      this.#next++;
      yield* this.#replay(change);
    }
  }

  *#replay(change: Change): Sleepable<void> {
    const state = this.#state;
    if (change.kind === 'inode') return yield* replayInode(state, change);
    if (change.kind === 'unlink') return yield* replayUnlink(state, change);
    const inode = yield* this.#inode(change.ino);
    // It was deleted later on: what became of it before does not matter.
    if (inode === null) return;
    if (change.kind === 'add-range') yield* addRange(state, inode, change.extent);
    else if (change.kind === 'del-range') yield* deleteRange(state, inode, change.from, change.to);
    else if (change.kind === 'create') yield* replayCreate(state, inode, change);
    else yield* replayLink(state, inode, change);
  }

  /** The kernel tells of a file's blocks before the file; one that is new is there only when its own tag was replayed. */
  *#inode(ino: number): Sleepable<Inode | null> {
    const known = yield* this.#state.inode(ino);
    if (known !== null) return known;
    for (const later of this.#changes.slice(this.#next)) {
      if (later.kind !== 'inode' || later.ino !== ino) continue;
      yield* replayInode(this.#state, later);
      return yield* this.#state.inode(ino);
    }
    return null;
  }
}
