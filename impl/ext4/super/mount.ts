import type { BlockDevice } from '../../block/block-device.ts';
import { BufferCache } from '../../buffer/buffer-cache.ts';
import type { BufferHead } from '../../buffer/buffer-head.ts';
import { SECTOR_BYTES } from '../../block/bio.ts';
import type { Journal } from '../../jbd2/journal.ts';
import { Corruption, MountRefused } from '../../lib/corruption.ts';
import { Failure } from '../../lib/errno.ts';
import type { FolioPool } from '../../mm/folio-pool.ts';
import type { Scheduler } from '../../sched/scheduler.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { checkFeatures, COMPAT, INCOMPAT, RO_COMPAT, unwritableFeatures } from './features.ts';
import { fixedMetadata, readGroups } from '../allocation/group-descriptors.ts';
import { FastCommits } from '../fast-commit/fast-commits.ts';
import { replayFastCommits } from '../fast-commit/replay.ts';
import { loadJournal, type LoadedJournal } from '../journal/load-journal.ts';
import {
  EXT2_FLAGS_SIGNED_HASH,
  EXT2_FLAGS_UNSIGNED_HASH,
  EXT4_ERROR_FS,
  EXT4_VALID_FS,
  SUPERBLOCK_OFFSET,
  SuperBlockLayout,
  type RawSuperBlock,
} from '../layout/superblock.ts';
import { errorsOf, restoreErrors } from './error-record.ts';
import { checkDax } from './dax.ts';
import type { MountOptions } from './mount-options.ts';
import { MountedSuperBlock } from './mounted-super-block.ts';
import { SuperBlockSeal } from '../integrity/seals.ts';
import { rawFileSystem, readSpecialFile, type SpecialFile } from '../inode/special-file.ts';
import { checkIdentity, checkSuperBlock, featuresOf, type CheckedSuperBlock } from './check.ts';
import { commitSuperBlock } from './update.ts';
import type { SuperBlock } from './super-block.ts';
import type { Timestamp } from '../inode/timestamp.ts';

/** s_max_mnt_count when nobody has set one (EXT2_DFL_MAX_MNT_COUNT). */
const DEFAULT_MAX_MOUNTS = 20;

interface ReadSuperBlock {
  readonly buffer: BufferHead;
  readonly raw: RawSuperBlock;
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly checked: CheckedSuperBlock;
}

/**
 * Mounts (ext4_fill_super): checks the superblock, recovers the journal, checks all descriptors, then finishes with what
 * orphans the last mount left. Throws MountRefused or Corruption; fails with EIO.
 *
 * A read-only mount of a clean image writes nothing. One that needs recovery is recovered first, as the kernel does on a
 * device that can be written.
 */
export function* mountSuperBlock(
  device: BlockDevice,
  scheduler: Scheduler,
  options: MountOptions,
  pool: FolioPool,
  now: Timestamp,
): Sleepable<SuperBlock> {
  const blockSize = yield* probeBlockSize(device, options, pool);
  const cache = new BufferCache(device, blockSize, pool.blockMemory(blockSize));
  const before = yield* readSuperBlock(cache, options);
  checkDax(options, device, before.checked.geometry, before.raw.featureIncompat);
  const mounted: { sb: SuperBlock | null } = { sb: null };
  const clock = (): Timestamp => mounted.sb?.now ?? now;
  const errors = errorsOf(before.raw, before.bytes);
  const loaded = yield* loadJournal({
    cache,
    raw: before.raw,
    checked: before.checked,
    scheduler,
    options,
    now: clock,
    *abortNoticed() {
      if (mounted.sb !== null) yield* mounted.sb.health.journalAborted();
    },
  });
  const { journal, log, blocks, recovered } = loaded;
  // Only the log can have changed what was read and checked above.
  const { buffer, raw, offset, checked, bytes } = recovered ? yield* readSuperBlock(cache, options) : before;
  if (recovered && errors !== null) restoreErrors(raw, bytes, errors);
  buffer.pinned = true;
  buffer.seal = checked.hasChecksums ? new SuperBlockSeal(offset) : null;
  const groups = yield* readGroups(cache, checked, options.readOnly);
  const fixed = fixedMetadata(checked, groups, blocks);
  const found = {
    device,
    scheduler,
    options,
    pool,
    cache,
    buffer,
    raw,
    checked,
    groups,
    fixed,
    journal,
    now,
  };
  const sb = new MountedSuperBlock(found);
  mounted.sb = sb;
  const orphanFile = yield* orphanFileOf(sb, checked);
  if (orphanFile !== null) yield* sb.orphans.useFile(orphanFile);
  notice(sb, log, recovered);
  if (options.readOnly) yield* finishReadOnly(sb, loaded);
  else yield* beginWriting(sb, loaded);
  return sb;
}

/** Looks at the superblock before there is a block size; refuses what cannot be read by it. */
function* probeBlockSize(device: BlockDevice, options: MountOptions, pool: FolioPool): Sleepable<number> {
  if (device.sectors * SECTOR_BYTES < SUPERBLOCK_OFFSET + SuperBlockLayout.size) {
    const bytes = device.sectors * SECTOR_BYTES;
    throw new Corruption(
      'device',
      'size',
      bytes,
      `at least ${SUPERBLOCK_OFFSET + SuperBlockLayout.size} bytes`,
    );
  }
  const probe = new BufferCache(device, SuperBlockLayout.size, pool.blockMemory(SuperBlockLayout.size));
  try {
    const buffer = yield* probe.bread(1);
    const raw = SuperBlockLayout.at(buffer.view);
    checkIdentity(raw, buffer.data);
    checkFeatures(featuresOf(raw), options.readOnly);
    return checkSuperBlock(raw, device.sectors).geometry.blockSize;
  } finally {
    probe.clear();
  }
}

function* readSuperBlock(cache: BufferCache, options: MountOptions): Sleepable<ReadSuperBlock> {
  const block = cache.blockSize === SUPERBLOCK_OFFSET ? 1 : 0;
  const offset = block === 1 ? 0 : SUPERBLOCK_OFFSET;
  const buffer = yield* cache.bread(block);
  const raw = SuperBlockLayout.at(buffer.view, offset);
  const bytes = buffer.data.subarray(offset, offset + SuperBlockLayout.size);
  checkIdentity(raw, bytes);
  checkFeatures(featuresOf(raw), options.readOnly);
  return { buffer, raw, offset, bytes, checked: checkSuperBlock(raw, cache.device.sectors) };
}

function* orphanFileOf(sb: SuperBlock, checked: CheckedSuperBlock): Sleepable<SpecialFile | null> {
  if ((sb.features.compat & COMPAT.orphan_file) === 0) return null;
  return yield* readSpecialFile(rawFileSystem(sb.cache, checked), sb.raw.orphanFileInum, 'orphan file');
}

/** What the kernel's log would say. */
function notice(sb: SuperBlock, log: Journal | null, recovered: boolean): void {
  const { health } = sb;
  if ((health.mountState & EXT4_VALID_FS) === 0) {
    health.notices.push('mounting unchecked fs, running e2fsck is recommended');
  } else if (health.hasErrors) {
    health.notices.push('mounting fs with errors, running e2fsck is recommended');
  }
  if (recovered) health.notices.push('recovery complete');
  if (log !== null && log.storedError !== 0) {
    health.notices.push(`file system error recorded from previous mount: errno ${-log.storedError}`);
  }
}

/** ext4_setup_super, then ext4_orphan_cleanup: from here on a power cut leaves an image that asks for recovery. */
function* beginWriting(sb: SuperBlock, loaded: LoadedJournal): Sleepable<void> {
  const { raw } = sb;
  if (sb.device.readOnly === true) throw new MountRefused('cannot mount read-write: the device is read-only');
  yield* beginUpdates(sb, loaded.log);
  if (raw.maxMntCount === 0) raw.maxMntCount = DEFAULT_MAX_MOUNTS;
  raw.mntCount = (raw.mntCount + 1) & 0xffff;
  raw.mtime = sb.now.seconds >>> 0;
  raw.mtimeHi = Math.max(0, Math.floor(sb.now.seconds / 2 ** 32)) & 0xff;
  noteHashSign(sb);
  if ((sb.features.compat & COMPAT.orphan_file) !== 0) raw.featureRoCompat |= RO_COMPAT.orphan_present;
  yield* commitSuperBlock(sb);
  yield* replayWaiting(sb, loaded);
  yield* sb.orphans.process();
  if (loaded.log?.hasFastCommits === true && sb.geometry.clusterRatio === 1)
    sb.fastCommits = new FastCommits(sb, loaded.log);
}

/** Fast commits are updates like any other, for which everything has to be known here. */
function* replayWaiting(sb: SuperBlock, { log, fastCommits }: LoadedJournal): Sleepable<void> {
  if (log === null || fastCommits.length === 0) return;
  checkFeatures(sb.features, false);
  yield* replayFastCommits(sb, log, fastCommits);
}

/** A superblock that does not say whether names are hashed with a sign says from now on how we do it. */
function noteHashSign({ raw, features }: SuperBlock): void {
  const told = (raw.flags & (EXT2_FLAGS_SIGNED_HASH | EXT2_FLAGS_UNSIGNED_HASH)) !== 0;
  if (!told && (features.compat & COMPAT.dir_index) !== 0) raw.flags |= EXT2_FLAGS_UNSIGNED_HASH;
}

/** Says in the superblock, in memory, what a crash from now on needs: recovery, or a check. */
function* beginUpdates(sb: SuperBlock, log: Journal | null): Sleepable<void> {
  const { raw } = sb;
  if (log === null) {
    raw.state &= ~EXT4_VALID_FS;
    return;
  }
  if (log.storedError !== 0) {
    sb.health.mountState |= EXT4_ERROR_FS;
    raw.state |= EXT4_ERROR_FS;
    log.clearStoredError();
  }
  yield* log.begin();
  raw.featureIncompat |= INCOMPAT.needs_recovery;
}

/**
 * After recovery, and for orphans, even a read-only mount writes; when it has, the image is clean. Orphans stay where they
 * would have to be charged to quotas, or to whatever else is not known here (ext4_orphan_cleanup).
 */
function* finishReadOnly(sb: SuperBlock, loaded: LoadedJournal): Sleepable<void> {
  const { log, recovered } = loaded;
  const flagged = log !== null && (sb.raw.featureIncompat & INCOMPAT.needs_recovery) !== 0;
  const dirty = recovered || flagged;
  if ((!dirty && sb.orphans.isEmpty) || sb.device.readOnly === true) return;
  // Without the log that is still to be replayed nobody knows what an orphan's blocks are by now.
  if (sb.options.noload && (sb.raw.featureIncompat & INCOMPAT.needs_recovery) !== 0) return;
  const unwritable = unwritableFeatures(sb.features);
  const orphansStay = unwritable.length > 0 && !sb.orphans.isEmpty;
  if (orphansStay) {
    sb.health.notices.push(`skipping orphan cleanup due to features: ${unwritable.join(', ')}`);
    if (!dirty) return;
  }
  sb.readOnly = false;
  yield* beginUpdates(sb, log);
  yield* replayWaiting(sb, loaded);
  if (!orphansStay) yield* sb.orphans.process();
  yield* sb.journal.close();
  yield* markClean(sb);
  sb.readOnly = true;
}

function* markClean(sb: SuperBlock): Sleepable<void> {
  const { raw } = sb;
  raw.featureIncompat &= ~INCOMPAT.needs_recovery;
  raw.state = sb.health.mountState;
  if (sb.orphans.isEmpty) raw.featureRoCompat &= ~RO_COMPAT.orphan_present;
  yield* commitSuperBlock(sb);
}

/**
 * Unmounts (ext4_put_super). The caller has synced, and nobody uses an inode any more. After an abort the flags stay: the
 * next mount has to recover. Like umount(2) it does not fail for what could not be written any more; Throws KernelPanic.
 */
export function* unmountSuperBlock(sb: SuperBlock): Sleepable<void> {
  try {
    yield* sb.conversionWork.flush();
    if (!sb.options.readOnly) yield* finishWriting(sb);
  } finally {
    // Whatever could not be written: the memory goes back.
    sb.conversionWork.stop();
    sb.inodes.clear();
    sb.cache.clear();
  }
}

function* finishWriting(sb: SuperBlock): Sleepable<void> {
  const wasAborted = sb.journal.aborted;
  try {
    yield* sb.journal.close();
    if (!wasAborted) yield* markClean(sb);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    yield* sb.health.journalAborted();
  }
}
