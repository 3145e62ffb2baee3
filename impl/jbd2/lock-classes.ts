import type { LockClass } from '../sched/task.ts';

/** A running handle (the map jbd2_handle of lockdep): who holds one keeps its transaction from being committed. */
export const RUNNING_HANDLE: LockClass = { name: 'jbd2_handle', rank: 30, nests: false };

/** j_checkpoint_mutex: whoever writes home blocks or the journal's superblock. Taken after every lock of ext4. */
export const CHECKPOINT_MUTEX: LockClass = { name: 'j_checkpoint_mutex', rank: 90, nests: false };
