import type { DriveOptions } from '../drive.ts';
import { E2fsck } from '../e2fsck.ts';
import { ALL_STAGES } from '../finish.ts';
import { Heartbeat } from '../heartbeat.ts';
import { ImageFiles } from '../image-file.ts';
import type { Job } from '../job.ts';
import { StageClock } from '../stage-clock.ts';
import type { Target } from '../target.ts';
import { targetsNamed } from '../targets/all.ts';

const BEAT_EVERY_MS = 250;

/** What every job needs to run sequences. */
export class Workbench {
  readonly e2fsck: E2fsck | null;
  readonly clock = new StageClock();
  readonly #images: ImageFiles;
  readonly #heartbeat: Heartbeat;
  readonly #timer: NodeJS.Timeout;
  readonly #workspace: string;
  #targets: readonly Target[] = [];
  #sequence = -1;
  #step = 0;

  private constructor(job: Job, e2fsck: E2fsck | null) {
    this.e2fsck = e2fsck;
    this.#workspace = job.workspace;
    this.#images = new ImageFiles(job.workspace);
    this.#heartbeat = new Heartbeat(job.heartbeat);
    // Waiting is no hang: a thread that waits still turns its event loop.
    this.#timer = setInterval(() => this.beat(this.#sequence, this.#step), BEAT_EVERY_MS);
  }

  static async open(job: Job): Promise<Workbench> {
    return new Workbench(job, job.e2fsck ? await E2fsck.find() : null);
  }

  beat(sequence: number, step: number): void {
    this.#sequence = sequence;
    this.#step = step;
    this.#heartbeat.beat(sequence, step);
  }

  driveOptions(targets: readonly string[], faults: readonly string[]): DriveOptions {
    this.#targets = targetsNamed(targets, this.#workspace);
    return {
      targets: this.#targets,
      faults,
      stages: ALL_STAGES,
      e2fsck: this.e2fsck,
      images: this.#images,
      clock: this.clock,
      onStep: (step) => this.beat(-1, step),
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const target of this.#targets) await target.close?.();
    await this.e2fsck?.close();
  }
}
