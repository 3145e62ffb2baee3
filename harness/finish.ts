import type { Operation, SpaceReport, Timestamp } from '../model/index.ts';
import type { DriveOptions } from './drive.ts';
import type { FailureKind } from './failure.ts';
import { ImageChecks } from './image-checks.ts';
import { inspect } from './inspection.ts';
import { mountFails, targetBroke } from './judges/crash-of-target.ts';
import { judgeRecoveredSpace, judgeSpace } from './judges/space.ts';
import { Lane, Lockstep, type Participant, type StepContext } from './lockstep.ts';
import { goOn } from './going-on.ts';
import { compareLayouts, promisesLayouts } from './layout.ts';
import { withImage } from './evidence-image.ts';
import { hasFeature } from './format.ts';
import { DistinctImages } from './same-image.ts';
import type { Setup } from './setup.ts';
import { thawing } from './thawing.ts';
import type { Awaitable, DiskImage, Session, Target } from './target.ts';
import { HOLDS, type FailedVerdict, type Verdict } from './verdict.ts';

/** What is done with a file system when its sequence is over. Looking at the tree and unmounting always is. */
export interface Stages {
  /** Cut the power after sync, recover, compare. */
  readonly recovery: boolean;
  /** Mount the image again: not at all, through the path that wrote it, or through every path. */
  readonly remount: 'none' | 'same' | 'all';
  /** e2fsck on the images after recovery and after the second unmount, too, not only after the first. */
  readonly checkAgain: boolean;
  /** Compare which ranges of files have blocks. */
  readonly layouts: boolean;
  /** Go on with the operations once more where another target has mounted an image. */
  readonly goOn: boolean;
}

/** Of so many sequences one goes on elsewhere, which costs as much as another sequence. */
const GO_ON_EVERY = 8;

/** How often a campaign has e2fsck look at every image of a sequence, counted in sequences. */
const CHECK_AGAIN_EVERY = 16;

/**
 * What a campaign does with sequence `number`. Each looks at what reached the disk in one way or the other: mounting
 * costs as much as many operations, and the next sequence finds what this one leaves out.
 */
export function stagesInTurn(number: number): Stages {
  const recovery = number % 2 === 0;
  return {
    recovery,
    remount: recovery ? 'none' : 'all',
    checkAgain: number % CHECK_AGAIN_EVERY < 2,
    layouts: true,
    goOn: number % GO_ON_EVERY === 3,
  };
}

/** Everything: what replay and shrinking do. */
export const ALL_STAGES: Stages = {
  recovery: true,
  remount: 'all',
  checkAgain: true,
  layouts: true,
  goOn: true,
};

export interface FinishOptions extends DriveOptions {
  readonly stages: Stages;
  /** What was performed. */
  readonly operations: readonly Operation[];
}

export interface Finished {
  readonly verdict: Verdict;
  /** What e2fsck says in the end. */
  readonly images: Promise<Verdict>;
}

const SYNC: Operation = { op: 'sync' };
const REMOUNT: Operation = { op: 'remount' };

/** Thrown inside this file to leave all stages at once with what was found. */
class Found extends Error {
  readonly verdict: FailedVerdict;

  constructor(verdict: FailedVerdict) {
    super(verdict.evidence.summary);
    this.verdict = verdict;
  }
}

/** Takes every lane from the end of its sequence to the last unmount, one judge after the other. */
export async function finish(
  lanes: readonly Lane[],
  setup: Setup,
  now: Timestamp,
  options: FinishOptions,
): Promise<Finished> {
  const finishing = new Finishing(setup, now, options);
  for (const { participants } of lanes) for (const { session } of participants) finishing.adopt(session);
  try {
    for (const lane of lanes) await finishing.lane(lane);
  } catch (error) {
    finishing.abandonAll();
    if (error instanceof Found) return { verdict: error.verdict, images: finishing.imageVerdicts() };
    throw error;
  }
  finishing.releaseImages();
  return { verdict: HOLDS, images: finishing.imageVerdicts() };
}

/** An image that a target mounts once more. */
interface Remount {
  /** Who has left it. */
  readonly writer: Participant;
  readonly target: Target;
  readonly image: DiskImage;
}

class Finishing {
  readonly #setup: Setup;
  readonly #now: Timestamp;
  readonly #options: FinishOptions;
  readonly #open = new Set<Session>();
  readonly #distinct = new DistinctImages();
  readonly #checks: ImageChecks;
  /** What nobody needs when nothing was found. */
  readonly #images: DiskImage[] = [];

  constructor(setup: Setup, now: Timestamp, options: FinishOptions) {
    this.#setup = setup;
    this.#now = now;
    this.#options = options;
    this.#checks = new ImageChecks(options.e2fsck, options.images, this.#distinct);
  }

  adopt(session: Session): void {
    this.#open.add(session);
  }

  abandonAll(): void {
    for (const session of this.#open) session.abandon();
  }

  releaseImages(): void {
    for (const image of this.#images) image.release?.();
  }

  imageVerdicts(): Promise<Verdict> {
    return this.#checks.verdict();
  }

  async lane(lane: Lane): Promise<void> {
    const { clock } = this.#options;
    clock.enter('inspect');
    const lanes = await this.#inspect(lane, 'tree', 'at the end of the run');
    for (const part of lanes) await this.#end(part);
    clock.enter(null);
  }

  async #end(lane: Lane): Promise<void> {
    const { clock, stages } = this.#options;
    await this.#perform(lane, [...thawing(lane.model), SYNC]);
    await this.#compareLayouts(lane);
    clock.enter('recover');
    // Without a journal nobody promises anything about a power cut.
    const journaled = hasFeature(this.#setup.format, 'has_journal');
    const recovered = stages.recovery && journaled ? await this.#recover(lane) : [];
    clock.enter('unmount');
    const images: (DiskImage | null)[] = [];
    for (const [index, participant] of lane.participants.entries()) {
      images.push(await this.#unmountJudged(participant, recovered[index] ?? null));
    }
    lane.model.step(REMOUNT, this.#now);
    clock.enter('remount');
    if (stages.remount !== 'none') await this.#remount(lane, images);
  }

  async #perform(lane: Lane, operations: readonly Operation[]): Promise<void> {
    const lockstep = new Lockstep(lane);
    for (const operation of operations) {
      const failed = await lockstep.step(operation, this.#context('result', 'at the end of the run'));
      if (failed !== null) throw new Found(failed);
    }
  }

  async #compareLayouts(lane: Lane): Promise<void> {
    const { stages, operations } = this.#options;
    if (!stages.layouts || !promisesLayouts(operations)) return;
    const failed = await compareLayouts(lane, this.#context('space', 'at the end of the run'));
    if (failed !== null) throw new Found(failed);
  }

  /** Cuts the power, mounts what is left and compares; answers the free space that each target then sees. */
  async #recover(lane: Lane): Promise<(SpaceReport | null)[]> {
    const stage = 'after recovery';
    const participants: Participant[] = [];
    for (const { name, target, session } of lane.participants) {
      if (!target.capabilities.powerCut) continue;
      const image = await this.#guarded(name, 'when the power is cut', () => session.powerCut());
      this.#images.push(image);
      participants.push(await this.#mount(name, target, image, 'recovery', stage));
    }
    const model = lane.model.clone();
    model.step(REMOUNT, this.#now);
    await this.#inspect(new Lane(this.#setup, model, participants), 'recovery', stage);
    const spaces = new Map<string, SpaceReport>();
    for (const participant of participants) {
      const { name, session } = participant;
      spaces.set(name, await this.#guarded(name, stage, () => session.space()));
      const image = await this.#unmount(name, session, stage);
      if (this.#options.stages.checkAgain) this.#check(participant, stage, image);
    }
    return lane.participants.map(({ name }) => spaces.get(name) ?? null);
  }

  /** The clean end of the run: what statfs says then must be what the disk says. */
  async #unmountJudged(participant: Participant, recovered: SpaceReport | null): Promise<DiskImage | null> {
    const { name, target, session } = participant;
    const stage = 'after unmount';
    const space = await this.#guarded(name, 'at the end of the run', async () => {
      await session.closeAll();
      await session.apply(SYNC, this.#now);
      return session.space();
    });
    // The disk goes on to the next mount, so what is judged is a snapshot.
    const image = (await this.#unmount(name, session, stage))?.snapshot() ?? null;
    if (image === null) return null;
    this.#images.push(image);
    this.#check(participant, stage, image);
    if (target.capabilities.format === undefined) this.#accept(judgeSpace(name, space, image));
    if (recovered !== null) this.#accept(judgeRecoveredSpace(name, space, recovered));
    return image;
  }

  /** Mounts the images again, and compares again. */
  async #remount(lane: Lane, images: readonly (DiskImage | null)[]): Promise<void> {
    const { stages } = this.#options;
    const participants: Participant[] = [];
    for (const { writer, target, image } of this.#toMount(lane, images)) {
      const { name, session } = writer;
      const stage = target === writer.target ? 'after remount' : `after remount on ${target.name}`;
      const mounted = await this.#mount(name, target, image, 'recovery', stage);
      participants.push({ sameTime: session.sameTime, ...mounted });
    }
    const mounted = new Lane(this.#setup, lane.model, participants);
    const lanes = await this.#inspect(mounted, 'recovery', 'after remount');
    if (stages.goOn) for (const part of lanes) await this.#goOnElsewhere(part);
    for (const participant of participants) {
      const image = await this.#unmount(participant.name, participant.session, 'after remount');
      if (stages.checkAgain) this.#check(participant, 'after remount', image);
    }
  }

  /**
   * Each image through the path that wrote it and, if so asked, through the others. Nobody needs to mount the same bytes twice: both paths
   * leave the same in two sequences of three. Where others go on, each does so with what another one has left.
   */
  #toMount({ participants }: Lane, images: readonly (DiskImage | null)[]): readonly Remount[] {
    const { targets, stages } = this.#options;
    const mounts: Remount[] = [];
    for (const [index, writer] of participants.entries()) {
      const left = images[index] ?? null;
      if (left === null) continue;
      const image = stages.goOn ? left : this.#distinct.firstLike(left);
      const own = writer.target;
      for (const target of stages.remount === 'all' ? targets : [own]) {
        const shared = target.capabilities.images && own.capabilities.images;
        if (target !== own && !shared) continue;
        const again = mounts.some((other) => other.target === target && other.image === image);
        if (!again) mounts.push({ writer, target, image });
      }
    }
    return mounts;
  }

  /** Those who have mounted what somebody else has begun go on with it. */
  async #goOnElsewhere(lane: Lane): Promise<void> {
    const { operations } = this.#options;
    for (const participant of lane.participants) {
      const { name, target } = participant;
      if (name === target.name || !this.#keepsTime(participant)) continue;
      const stage = `after going on on ${target.name}`;
      const after = await goOn(lane, participant, operations, operations.length + 1, stage);
      if (!(after instanceof Lane)) throw new Found(await withImage(after, [participant]));
      await this.#inspect(after, 'recovery', stage);
    }
  }

  /** With relatime, what a clock of its own has stamped decides whether the next read moves atime; the model cannot know. */
  #keepsTime({ session, sameTime }: Participant): boolean {
    const exact = session.sameTime === undefined && sameTime === undefined;
    return exact || this.#setup.mount.atime === 'noatime';
  }

  async #mount(
    name: string,
    target: Target,
    image: DiskImage,
    kind: FailureKind,
    stage: string,
  ): Promise<Participant> {
    try {
      const session = await target.mount(image, this.#setup, {
        faults: this.#options.faults,
        now: this.#now,
      });
      this.#open.add(session);
      return { name, target, session };
    } catch (error) {
      throw new Found(mountFails(name, kind, stage, error, image));
    }
  }

  async #unmount(name: string, session: Session, stage: string): Promise<DiskImage | null> {
    const image = await this.#guarded(name, stage, () => session.unmount());
    this.#open.delete(session);
    if (image !== null) this.#images.push(image);
    return image;
  }

  /** Starts e2fsck and does not wait for it. */
  #check({ name, target }: Participant, stage: string, image: DiskImage | null): void {
    if (image !== null)
      this.#checks.start(image, { target: name, stage, format: target.capabilities.format });
  }

  async #inspect(lane: Lane, kind: FailureKind, stage: string): Promise<readonly Lane[]> {
    const { failed, lanes } = await inspect(lane, this.#context(kind, stage));
    if (failed !== null) throw new Found(await withImage(failed, lane.participants));
    return lanes;
  }

  /** Whatever a target throws outside of a system call is a finding, too. */
  async #guarded<T>(name: string, stage: string, action: () => Awaitable<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw new Found(targetBroke(name, null, { step: null, stage }, error));
    }
  }

  #accept(verdict: Verdict): void {
    if (verdict.kind === 'fails') throw new Found(verdict);
  }

  #context(kind: FailureKind, stage: string): StepContext {
    return { step: null, now: this.#now, kind, stage };
  }
}
