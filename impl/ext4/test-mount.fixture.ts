import type { BlockDevice } from '../block/block-device.ts';
import type { MemoryDisk } from '../block/memory-disk.ts';
import type { Handle } from '../jbd2/handle.ts';
import { NO_FAULTS } from '../lib/faults.ts';
import { FolioPool } from '../mm/folio-pool.ts';
import { Scheduler } from '../sched/scheduler.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { mkfs, type MkfsOptions } from './mkfs/mkfs.ts';
import type { MountOptions } from './super/mount-options.ts';
import { mountSuperBlock, unmountSuperBlock } from './super/mount.ts';
import type { SuperBlock } from './super/super-block.ts';

export const MOUNT_OPTIONS: MountOptions = {
  bufferedIomap: false,
  delalloc: true,
  dax: null,
  dioreadNolock: true,
  readOnly: false,
  discard: false,
  sync: false,
  dirsync: false,
  atime: 'relatime',
  errors: 'remount-ro',
  data: 'ordered',
  dataErr: 'ignore',
  journalChecksum: false,
  noload: false,
  resuid: null,
  resgid: null,
  callbackCounts: null,
  faults: NO_FAULTS,
};

export const MKFS_TIME = 1_700_000_000;
export const MOUNT_TIME = MKFS_TIME + 1000;

/** A new file system of 8 MiB in blocks of 1 KiB, unless told otherwise. */
export const newDisk = (options: Partial<MkfsOptions> = {}): MemoryDisk =>
  mkfs({
    uuid: new Uint8Array(16).fill(7),
    hashSeed: new Uint8Array(16).fill(9),
    now: MKFS_TIME,
    sizeBytes: 8 * 1024 * 1024,
    blockSize: 1024,
    ...options,
  });

/** A mounted file system without system calls: a test drives its parts. Every call runs to completion. */
export class TestMount {
  readonly sb: SuperBlock;
  readonly #scheduler: Scheduler;

  constructor(
    device: BlockDevice,
    options: Partial<MountOptions> = {},
    scheduler: Scheduler = new Scheduler(),
  ) {
    this.#scheduler = scheduler;
    const now = { seconds: MOUNT_TIME, nanoseconds: 0 };
    const all = { ...MOUNT_OPTIONS, ...options };
    this.sb = this.run(mountSuperBlock(device, this.#scheduler, all, new FolioPool(), now));
  }

  run<T>(body: Sleepable<T>): T {
    return this.#scheduler.run('test', body);
  }

  /** One transaction's update. */
  update<T>(body: (handle: Handle) => Sleepable<T>): T {
    return this.run(inHandle(this.sb, body));
  }

  commit(): void {
    this.run(this.sb.journal.forceCommit());
  }

  unmount(): void {
    this.run(unmountSuperBlock(this.sb));
  }
}

function* inHandle<T>(sb: SuperBlock, body: (handle: Handle) => Sleepable<T>): Sleepable<T> {
  const handle = yield* sb.journal.start(64);
  try {
    return yield* body(handle);
  } finally {
    yield* handle.stop();
  }
}
