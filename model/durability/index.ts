export { DurabilityHistory } from './history.ts';
export { DurabilityJudge } from './judge.ts';
export type { CrashMoment } from './file-past.ts';
export type { DurabilityMode } from './rules.ts';
export type { DurabilityProblem, RecoveredNode, RecoveredTree } from './recovered-tree.ts';
