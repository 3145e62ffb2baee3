import type { DriveOptions } from './drive.ts';
import { ALL_STAGES } from './finish.ts';
import { ImageFiles } from './image-file.ts';
import { StageClock } from './stage-clock.ts';
import type { Target } from './target.ts';

/** Options that look at everything but e2fsck, which needs real images. */
export const optionsFor = (targets: readonly Target[]): DriveOptions => ({
  targets,
  faults: [],
  stages: ALL_STAGES,
  e2fsck: null,
  images: new ImageFiles('/nonexistent'),
  clock: new StageClock(),
});
