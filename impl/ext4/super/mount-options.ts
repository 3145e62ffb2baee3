import type { FaultSwitches } from '../../lib/faults.ts';

/** How a file system is mounted; names and defaults are the kernel's (Documentation/admin-guide/ext4.rst). */
export interface MountOptions {
  /** `buffered_iomap`: regular files use the iomap path where they can. */
  readonly bufferedIomap: boolean;
  readonly delalloc: boolean;
  /** `dioread_nolock`: the buffer_head path, too, allocates unwritten extents and converts them when written. */
  readonly dioreadNolock: boolean;
  readonly readOnly: boolean;
  readonly atime: 'relatime' | 'noatime' | 'strictatime';
  readonly errors: 'continue' | 'remount-ro';
  /** Planted bugs: all off except in tests of the harness. */
  readonly faults: FaultSwitches;
}
