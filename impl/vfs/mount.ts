import type { BlockDevice } from '../block/block-device.ts';
import { NO_FAULTS } from '../lib/faults.ts';
import type { MountOptions } from '../ext4/super/mount-options.ts';
import { mountSuperBlock } from '../ext4/super/mount.ts';
import { ROOT_INO } from '../ext4/namespace/lookup.ts';
import { isDirectory, type Inode } from '../ext4/inode/inode.ts';
import type { SuperBlock } from '../ext4/super/super-block.ts';
import { EPOCH, type Timestamp } from '../ext4/inode/timestamp.ts';
import { Corruption } from '../lib/corruption.ts';
import { FolioPool } from '../mm/folio-pool.ts';
import { Scheduler } from '../sched/scheduler.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { Strategy } from '../sched/strategy.ts';
import { truncateTime } from './attribute-calls.ts';
import { FileSystem } from './file-system.ts';
import { KernelContext } from './kernel-context.ts';

/** Mount options, all optional, and what a kernel would have anyway: a clock, memory, and a scheduler's strategy. */
export type MountRequest = Partial<MountOptions> & {
  readonly now?: Timestamp;
  readonly pool?: FolioPool;
  readonly strategy?: Strategy;
  /** The sysctl fs.protected_hardlinks. Off, as in a kernel that nobody has configured; distributions switch it on. */
  readonly protectedHardlinks?: boolean;
  /** RLIMIT_NOFILE: 1024, if nothing is said. */
  readonly openFilesMax?: number;
};

/**
 * The kernel's defaults for what is not asked for; errors=remount-ro is what distributions set. Named one by one: objects that are
 * copied with the rest of another are slow to make, and the file system looks at these often.
 */
function askedOptions(request: Partial<MountOptions>): MountOptions {
  return {
    bufferedIomap: request.bufferedIomap ?? false,
    delalloc: request.delalloc ?? true,
    dax: request.dax ?? null,
    dioreadNolock: request.dioreadNolock ?? true,
    readOnly: request.readOnly ?? false,
    discard: request.discard ?? false,
    sync: request.sync ?? false,
    dirsync: request.dirsync ?? false,
    atime: request.atime ?? 'relatime',
    errors: request.errors ?? 'remount-ro',
    data: request.data ?? 'ordered',
    dataErr: request.dataErr ?? 'ignore',
    journalChecksum: request.journalChecksum ?? false,
    noload: request.noload ?? false,
    resuid: request.resuid ?? null,
    resgid: request.resgid ?? null,
    callbackCounts: request.callbackCounts ?? null,
    faults: request.faults ?? NO_FAULTS,
  };
}

/** What the options mean together: journalled data has its place when it is written. */
function optionsOf(request: Partial<MountOptions>): MountOptions {
  const options = askedOptions(request);
  return options.data === 'journal' ? { ...options, delalloc: false, dioreadNolock: false } : options;
}

/** mount(2). Throws MountRefused, or Corruption when the image breaks a rule of the format. */
export function mount(disk: BlockDevice, request: MountRequest = {}): FileSystem {
  return new FileSystem(mountContext(disk, request));
}

/** The same for whoever makes calls of his own. */
export function mountContext(disk: BlockDevice, request: MountRequest): KernelContext {
  const { now = EPOCH, pool = new FolioPool(), strategy, protectedHardlinks = false, openFilesMax } = request;
  const scheduler = new Scheduler(strategy);
  const { sb, root } = scheduler.call('mount', () =>
    mountRoot(disk, scheduler, optionsOf(request), pool, now),
  );
  sb.now = truncateTime(sb, now);
  return new KernelContext(sb, root, protectedHardlinks, openFilesMax);
}

function* mountRoot(
  disk: BlockDevice,
  scheduler: Scheduler,
  options: MountOptions,
  pool: FolioPool,
  now: Timestamp,
): Sleepable<{ readonly sb: SuperBlock; readonly root: Inode }> {
  const sb = yield* mountSuperBlock(disk, scheduler, options, pool, now);
  const root = yield* sb.inodes.get(ROOT_INO);
  if (isDirectory(root.mode) && root.links > 0) return { sb, root };
  throw new Corruption(`ext4_inode ${ROOT_INO}`, 'mode', root.mode, 'a directory');
}
