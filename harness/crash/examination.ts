import { DurabilityJudge, type CrashMoment, type RecoveredTree } from '../../model/index.ts';
import { streamBytes } from '../content.ts';
import type { E2fsck } from '../e2fsck.ts';
import type { ImageFiles } from '../image-file.ts';
import { complaintsOf } from '../judges/e2fsck.ts';
import { hasFeature } from '../format.ts';
import { timeOfStep, type Setup } from '../setup.ts';
import type { DiskImage } from '../target.ts';
import { thrownFailure, type CrashFailure } from './crash-failure.ts';
import type { CrashTarget, Recovery } from './crash-target.ts';
import { durabilityModeOf } from './modes.ts';
import { overtakenIn } from './overlap.ts';
import type { CrashState, PowerCut } from './power-cut.ts';
import type { RecordedRun } from './recorded-run.ts';
import { treeDifference } from './tree-difference.ts';

/** What is there to judge images with. */
export interface ImageJudges {
  /** Null: images are not checked. */
  readonly e2fsck: E2fsck | null;
  readonly files: ImageFiles;
  /** Mounts images, which recovers them, too; absent where there is none. */
  readonly kernel?: KernelRecovery;
}

/** A real kernel that recovers what a power cut left. */
export interface KernelRecovery {
  /** What it finds then; a text when it refuses to mount, or has something to say about it. */
  recover(image: DiskImage, setup: Setup): Promise<RecoveredTree | string>;
}

/** So many writes had ended when the power went. */
const endedAt = ({ point, underWay }: PowerCut): number => (underWay === true ? point - 1 : point);

/** How many operations had returned when the power went. */
export function completedAt({ marks }: RecordedRun, cut: PowerCut): number {
  const ended = endedAt(cut);
  let completed = 0;
  while ((marks[completed + 1] ?? Infinity) <= ended) completed++;
  return completed;
}

/** What may be on the disk when the power goes. */
function momentOf(run: RecordedRun, overtaken: ReadonlySet<number>, cut: PowerCut): CrashMoment {
  const completed = completedAt(run, cut);
  if (!overtaken.has(completed)) return { completed };
  const next = completed + 1;
  const hasReturned = (run.early?.get(next) ?? Infinity) <= endedAt(cut);
  return { completed, begun: completed + 2, early: hasReturned ? next : undefined };
}

/** Long after everything that a program does. */
const TIME_AFTER = timeOfStep(1_000_000);

/** Examines what power cuts leave of one run. */
export class CrashExamination {
  readonly run: RecordedRun;
  readonly #target: CrashTarget;
  readonly #judge: DurabilityJudge;
  readonly #judges: ImageJudges;
  readonly journaled: boolean;
  /** e2fsck 1.47 replays less of them than there is (fast-commit/replay.test.ts says what): its tree proves nothing. */
  readonly #fastCommits: boolean;
  /** The operations that the next one did not wait for. */
  readonly #overtaken: ReadonlySet<number>;

  constructor(run: RecordedRun, target: CrashTarget, judges: ImageJudges) {
    const { setup } = run.program;
    this.run = run;
    this.#target = target;
    this.#judges = judges;
    this.journaled = hasFeature(setup.format, 'has_journal');
    this.#fastCommits = hasFeature(setup.format, 'fast_commit');
    this.#overtaken = overtakenIn(run.program);
    const mode = { ...durabilityModeOf(setup, target.name), ...run.otherRules };
    this.#judge = new DurabilityJudge(run.history, mode, streamBytes, run.sameTime);
  }

  /** Recovers the state and judges what is found, without asking e2fsck where there is a journal. */
  judge(state: CrashState): CrashFailure | null {
    const recovered = this.#recovered(state, false);
    if ('kind' in recovered) return recovered;
    recovered.image.release?.();
    return this.#treeFailure(recovered, state.cut);
  }

  /** As judge, and what e2fsck says of the image that recovery leaves, and what it and a kernel make of the state itself. */
  async judgeFully(state: CrashState): Promise<CrashFailure | null> {
    const { e2fsck } = this.#judges;
    if (e2fsck === null) return this.journaled ? this.judge(state) : null;
    if (!this.journaled) return this.#repairedFailure(state, e2fsck, null);
    const recovered = this.#recovered(state, false);
    if ('kind' in recovered) return recovered;
    const failure =
      this.#treeFailure(recovered, state.cut) ?? (await this.#checkFailure(recovered.image, e2fsck));
    recovered.image.release?.();
    if (failure !== null || this.#fastCommits) return failure;
    const differs = await this.#kernelFailure(state, recovered.tree);
    if (differs !== null) return differs;
    return await this.#repairedFailure(state, e2fsck, recovered.tree);
  }

  /** The disk of a state. A second cut happens while the first one is recovered from. */
  disk(state: CrashState): DiskImage | CrashFailure {
    const disk = this.run.recording.disk(state.cut);
    if (state.again === undefined) return disk;
    const first = this.#recover(disk, true);
    if ('kind' in first) return first;
    const cut = first.recording?.disk(state.again);
    if (cut === undefined) throw new Error('a recovery was not recorded');
    first.image.release?.();
    first.recording?.release();
    return cut;
  }

  /** The recovery of a state, recorded: whoever wants to cut it again must know what it writes. */
  recordedRecovery(cut: PowerCut): Recovery | CrashFailure {
    return this.#recover(this.run.recording.disk(cut), true);
  }

  #recovered(state: CrashState, recorded: boolean): Recovery | CrashFailure {
    const disk = this.disk(state);
    return 'kind' in disk ? disk : this.#recover(disk, recorded);
  }

  #recover(disk: DiskImage, recorded: boolean): Recovery | CrashFailure {
    const { setup, faults } = this.run.program;
    try {
      return this.#target.recover(disk, setup, { faults, now: TIME_AFTER, recorded });
    } catch (error) {
      const name = error instanceof Error ? error.name : '';
      const refused = name === 'MountRefused' || name === 'Corruption' || !(error instanceof Error);
      return thrownFailure(refused ? 'mount' : 'crash', error, 'recovery');
    }
  }

  #treeFailure({ tree, complaint }: Recovery, cut: PowerCut): CrashFailure | null {
    if (complaint !== null) return { kind: 'complaint', detail: 'a corruption', words: complaint };
    const problem = this.#judge.judge(tree, momentOf(this.run, this.#overtaken, cut));
    return problem === null ? null : { kind: 'durability', detail: problem.what, words: problem.words };
  }

  /** A real kernel recovers the state to the same tree. */
  async #kernelFailure(state: CrashState, expected: RecoveredTree): Promise<CrashFailure | null> {
    const { kernel } = this.#judges;
    if (kernel === undefined) return null;
    const disk = this.disk(state);
    if ('kind' in disk) return disk;
    const found = await kernel.recover(disk, this.run.program.setup);
    disk.release?.();
    if (typeof found === 'string')
      return { kind: 'disagreement', detail: 'the kernel does not mount it', words: found };
    const differs = treeDifference(expected, found);
    if (differs === null) return null;
    return { kind: 'disagreement', detail: differs.detail, words: `the kernel's recovery: ${differs.words}` };
  }

  /** e2fsck -fn must accept what recovery left without a word. */
  async #checkFailure(image: DiskImage, e2fsck: E2fsck): Promise<CrashFailure | null> {
    const report = await this.#judges.files.lend(image, (path) => e2fsck.check(path));
    return fsckFailure(report, 'after recovery');
  }

  /** e2fsck -fy recovers the state by itself: to the same tree, and so that it has nothing to say afterwards. */
  async #repairedFailure(
    state: CrashState,
    e2fsck: E2fsck,
    expected: RecoveredTree | null,
  ): Promise<CrashFailure | null> {
    const disk = this.disk(state);
    if ('kind' in disk) return disk;
    return this.#judges.files.lend(disk, async (path) => {
      disk.release?.();
      const { output } = await e2fsck.repair(path);
      const failure = fsckFailure(await e2fsck.check(path), 'after e2fsck -fy');
      if (failure !== null) return failure;
      const recovered = this.#recover(this.#target.load(path), false);
      if ('kind' in recovered) return recovered;
      recovered.image.release?.();
      if (expected === null) return this.#treeFailure(recovered, state.cut);
      const differs = treeDifference(expected, recovered.tree);
      if (differs === null || leavesOrphanLong(this.run.program.setup, output)) return null;
      return { kind: 'disagreement', ...differs };
    });
  }
}

/**
 * e2fsck 1.47 truncates an orphan, and leaves what lies in a cluster in use; then it finds blocks behind the end, and makes the file as long
 * as they are. Linux 6.18.44 cuts it to its size, so another tree than that of e2fsck proves nothing then.
 */
function leavesOrphanLong({ format }: Setup, output: string): boolean {
  if (!hasFeature(format, 'bigalloc')) return false;
  const truncated = [...output.matchAll(/^Truncating orphaned inode (\d+) /gm)].map(([, ino]) => ino);
  return truncated.some((ino) => output.includes(`Inode ${ino}, i_size is `));
}

function fsckFailure(
  { status, output }: { readonly status: number | null; readonly output: string },
  when: string,
): CrashFailure | null {
  if (status === null) throw new Error('e2fsck was killed before it had finished');
  const complaints = complaintsOf(output);
  if (status === 0 && complaints.length === 0) return null;
  const first = (complaints[0] ?? `status ${status}`).replace(/^\/\S+: /, '');
  const detail = first.replace(/\d+/g, 'N');
  return {
    kind: 'e2fsck',
    detail: `${when}: ${detail}`,
    words: `e2fsck -fn ${when}: ${complaints.join('\n')}`,
  };
}
