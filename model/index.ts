export { Model } from './model.ts';
export {
  EXT4_LINKS_MAX,
  ext4MaxFileBytes,
  ext4MaxIndirectBytes,
  ext4Options,
  maxFileBytesOf,
} from './options.ts';
export type { InitialDirectory, ModelOptions } from './options.ts';
export type { NodeView } from './inode.ts';
export type { NodeList } from './name-list.ts';
export type { MappingView } from './mapping.ts';
export type { HandleView } from './open-file.ts';
export type { ModelTree, TreeNode } from './tree.ts';
export { HANDLES_MAX } from './enabled.ts';
export {
  NAME_BYTES_MAX,
  PAGE_BYTES,
  PATH_BUFFER_BYTES,
  SYMLINKS_MAX,
  TRANSFER_BYTES_MAX,
  utf8Length,
} from './limits.ts';
export { SECONDS_MAX, SECONDS_MIN, clampTime, compareTimes, exactlySame } from './times.ts';
export type { SameTime } from './times.ts';
export type * from './operation.ts';
export { DurabilityHistory } from './durability/history.ts';
export { DurabilityJudge } from './durability/judge.ts';
export type { CrashMoment } from './durability/file-past.ts';
export type { DurabilityMode } from './durability/rules.ts';
export type { DurabilityProblem, RecoveredNode, RecoveredTree } from './durability/recovered-tree.ts';
