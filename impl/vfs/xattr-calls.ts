import { fail } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { KernelContext } from './kernel-context.ts';
import type { XattrFlags } from './types.ts';

/** System calls on extended attributes: there are none yet, as on a file system without the feature ext_attr. */

function* refuse(): Sleepable<never> {
  return fail('EOPNOTSUPP');
}

export const setxattr: (
  context: KernelContext,
  path: string,
  name: string,
  value: Uint8Array,
  flags: XattrFlags,
) => Sleepable<void> = refuse;

export const getxattr: (
  context: KernelContext,
  path: string,
  name: string,
  follow: boolean,
) => Sleepable<Uint8Array> = refuse;

/** The names in the order of the disk. */
export const listxattr: (context: KernelContext, path: string, follow: boolean) => Sleepable<string[]> =
  refuse;

export const removexattr: (
  context: KernelContext,
  path: string,
  name: string,
  follow: boolean,
) => Sleepable<void> = refuse;
