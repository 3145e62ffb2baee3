/**
 * The library: what `twinpath` the command is made of, for programs that want to run sequences, judge images or add
 * targets of their own. Start with `typescriptTargets`, `generateSequence` and `runCase`.
 */
export {
  CASE_FORMAT,
  CASE_VERSION,
  CaseError,
  readCase,
  writeCase,
  type Case,
  type CaseOrigin,
} from './case.ts';
export { difference, describe, type Difference } from './compare.ts';
export { contentBytes, streamBytes } from './content.ts';
export { Coverage, type CoverageTable } from './coverage.ts';
export { drive, runCase, type DriveOptions, type Driven, type RunResult } from './drive.ts';
export { E2fsck, type E2fsckReport } from './e2fsck.ts';
export type { Form, Obstacle, Written } from './export/form.ts';
export { FORMS } from './export/forms.ts';
export { reproductionOf, type Reproduction, type ReproductionStep } from './export/reproduction.ts';
export { inTrouble } from './generate/trouble.ts';
export { runOnFailingDevice, type FailingRun } from './failing/run-on-failing-device.ts';
export { failureReport } from './failure-report.ts';
export { FAILURE_KINDS, sameFailure, type FailureKind, type FailureSignature } from './failure.ts';
export { ALL_STAGES, type Stages } from './finish.ts';
export { generateSequence, sequenceSeed, type GenerationLimits, type Sequence } from './generate-sequence.ts';
export { unperformedBy, unperformedOf, type OperationPart, type Unperformed } from './unperformed.ts';
export { operationSequences, type GenerationOptions } from './generate/operations.ts';
export {
  compatible,
  FORMAT_DIMENSIONS,
  formatOf,
  type FormatChoice,
  type FormatDimension,
} from './generate/format-choices.ts';
export { setups } from './generate/setups.ts';
export { formatText, hasFeature, joinFormats, type SetupFormat } from './format.ts';
export { ImageFiles, writeImage } from './image-file.ts';
export { inspectionOf } from './inspection.ts';
export { judgeImage } from './judges/e2fsck.ts';
export { operationText, programText, setupText } from './program-text.ts';
export {
  BLOCK_SIZES,
  DEFAULT_SETUP,
  LARGE_BLOCK_SIZES,
  modelOptions,
  timeOfStep,
  type BlockSize,
  type Setup,
} from './setup.ts';
export { minimise, type MinimiseOptions, type Minimised } from './shrink/minimise.ts';
export { StageClock, STAGES, type Stage } from './stage-clock.ts';
export { canFail } from './target.ts';
export type {
  Awaitable,
  Capabilities,
  DiskImage,
  FailingSession,
  FailingTarget,
  Session,
  SessionOptions,
  Target,
} from './target.ts';
export { allTargets, targetsNamed } from './targets/all.ts';
export { UnknownTarget } from './targets/unknown-target.ts';
export { PLANTED_FAULTS, setupProblem, typescriptTargets } from './targets/typescript/target.ts';
export { fails, HOLDS, unknown, worst, type Evidence, type FailedVerdict, type Verdict } from './verdict.ts';
export { openWorkspace, type Workspace } from './workspace.ts';
export type { Hunter, PlantedBug } from './bugs/bug.ts';
export { PLANTED_BUGS } from './bugs/catalogue/catalogue.ts';
export { hunt, type HuntOptions } from './bugs/hunt.ts';
export { performHere } from './perform-job.ts';
