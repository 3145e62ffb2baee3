import { FailingDisk, findOldBytes, mount, type Trouble } from '../../../generated/impl/index.ts';
import type { Target } from '../../target.ts';
import { typescriptTargets } from './target.ts';

/** The TypeScript ext4 on a device that goes wrong when it is told to. One session at a time, which is never mounted again. */
export interface FailingTarget {
  readonly target: Target;
  /** From now on, for the session that began last; null ends it. */
  begin(trouble: Trouble | null): void;
  /** Transfers of that session which failed so far. */
  failed(): number;
  /** Where bytes begin that a block, or memory, held before anybody used it; null where there are none. */
  readonly findOldBytes: (bytes: Uint8Array) => number | null;
}

/** One for each path of typescriptTargets. */
export function failingTargets(): readonly FailingTarget[] {
  return typescriptTargets().map(({ name }) => {
    let disk: FailingDisk | null = null;
    const mountIt: typeof mount = (device, request) => {
      disk = new FailingDisk(device);
      return mount(disk, request);
    };
    const target = typescriptTargets(mountIt).find((one) => one.name === name);
    if (target === undefined) throw new Error(`there is no target ${name}`);
    return {
      target,
      begin: (trouble) => disk?.begin(trouble),
      failed: () => disk?.failed ?? 0,
      findOldBytes,
    };
  });
}

export type { Trouble };
