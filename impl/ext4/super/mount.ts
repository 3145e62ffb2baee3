import type { BlockRuns } from '../../block/block-runs.ts';
import type { BlockDevice } from '../../block/block-device.ts';
import { BufferCache } from '../../buffer/buffer-cache.ts';
import type { BufferHead } from '../../buffer/buffer-head.ts';
import { SECTOR_BYTES } from '../../block/bio.ts';
import { Journal } from '../../jbd2/journal.ts';
import { Corruption, MountRefused } from '../../lib/corruption.ts';
import type { FolioPool } from '../../mm/folio-pool.ts';
import type { Scheduler } from '../../sched/scheduler.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { checkFeatures, COMPAT, INCOMPAT, RO_COMPAT } from './features.ts';
import { fixedMetadata, readGroups } from '../allocation/group-descriptors.ts';
import {
  EXT2_FLAGS_SIGNED_HASH,
  EXT2_FLAGS_UNSIGNED_HASH,
  SUPERBLOCK_OFFSET,
  SuperBlockLayout,
  type RawSuperBlock,
} from '../layout/superblock.ts';
import type { MountOptions } from './mount-options.ts';
import { MountedSuperBlock } from './mounted-super-block.ts';
import { SuperBlockSeal } from '../integrity/seals.ts';
import { readSpecialFile, type RawFileSystem, type SpecialFile } from '../inode/special-file.ts';
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
  const blockSize = yield* probeBlockSize(device, options);
  const cache = new BufferCache(device, blockSize, pool.blockMemory(blockSize));
  const before = yield* readSuperBlock(cache, options);
  const mounted: { sb: SuperBlock | null } = { sb: null };
  const clock = (): Timestamp => mounted.sb?.now ?? now;
  const { journal, blocks } = yield* openJournal(cache, before, { scheduler, options, now: clock });
  const recovered = yield* recover(journal, before.raw);
  const { buffer, raw, offset, checked } = yield* readSuperBlock(cache, options);
  buffer.pinned = true;
  buffer.seal = checked.hasChecksums ? new SuperBlockSeal(offset) : null;
  const groups = yield* readGroups(cache, checked);
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
  if (options.readOnly) yield* finishReadOnly(sb, recovered);
  else yield* beginWriting(sb);
  return sb;
}

/** Looks at the superblock before there is a block size; refuses what cannot be read by it. */
function* probeBlockSize(device: BlockDevice, options: MountOptions): Sleepable<number> {
  if (device.sectors * SECTOR_BYTES < SUPERBLOCK_OFFSET + SuperBlockLayout.size) {
    const bytes = device.sectors * SECTOR_BYTES;
    throw new Corruption(
      'device',
      'size',
      bytes,
      `at least ${SUPERBLOCK_OFFSET + SuperBlockLayout.size} bytes`,
    );
  }
  const probe = new BufferCache(device, SuperBlockLayout.size);
  const buffer = yield* probe.bread(1);
  const raw = SuperBlockLayout.at(buffer.view);
  checkIdentity(raw, buffer.data);
  checkFeatures(featuresOf(raw), options.readOnly);
  return checkSuperBlock(raw, device.sectors).geometry.blockSize;
}

function* readSuperBlock(cache: BufferCache, options: MountOptions): Sleepable<ReadSuperBlock> {
  const block = cache.blockSize === SUPERBLOCK_OFFSET ? 1 : 0;
  const offset = block === 1 ? 0 : SUPERBLOCK_OFFSET;
  const buffer = yield* cache.bread(block);
  const raw = SuperBlockLayout.at(buffer.view, offset);
  checkIdentity(raw, buffer.data.subarray(offset, offset + SuperBlockLayout.size));
  checkFeatures(featuresOf(raw), options.readOnly);
  return { buffer, raw, offset, checked: checkSuperBlock(raw, cache.device.sectors) };
}

const rawFileSystem = (cache: BufferCache, checked: CheckedSuperBlock): RawFileSystem => ({
  cache,
  geometry: checked.geometry,
  layout: checked.layout,
  checksumSeed: checked.hasChecksums ? checked.checksumSeed : null,
});

interface JournalContext {
  readonly scheduler: Scheduler;
  readonly options: MountOptions;
  now(): Timestamp;
}

interface OpenedJournal {
  readonly journal: Journal;
  readonly blocks: BlockRuns;
}

function* openJournal(
  cache: BufferCache,
  { raw, checked }: ReadSuperBlock,
  context: JournalContext,
): Sleepable<OpenedJournal> {
  if ((checked.features.compat & COMPAT.has_journal) === 0) {
    throw new MountRefused('cannot mount a file system without has_journal');
  }
  if (raw.journalInum === 0) throw new MountRefused('cannot mount with a journal on another device');
  const { blocks } = yield* readSpecialFile(rawFileSystem(cache, checked), raw.journalInum, 'journal');
  const journal = yield* Journal.open({
    scheduler: context.scheduler,
    cache,
    blockSize: cache.blockSize,
    blocks,
    checksums: checked.hasChecksums,
    sixtyFourBit: (checked.features.incompat & INCOMPAT['64bit']) !== 0,
    uuid: raw.uuid.slice(),
    faults: context.options.faults,
    now: () => context.now(),
  });
  return { journal, blocks };
}

/** True if the log was replayed. The flag is set before a log is ever used, so a log without it is somebody else's. */
function* recover(journal: Journal, raw: RawSuperBlock): Sleepable<boolean> {
  if (!journal.needsRecovery) return false;
  if ((raw.featureIncompat & INCOMPAT.needs_recovery) === 0) {
    throw new Corruption(
      'ext4_super_block',
      'featureIncompat',
      raw.featureIncompat,
      'needs_recovery: the log has data',
    );
  }
  yield* journal.recover();
  return true;
}

function* orphanFileOf(sb: SuperBlock, checked: CheckedSuperBlock): Sleepable<SpecialFile | null> {
  if ((sb.features.compat & COMPAT.orphan_file) === 0) return null;
  return yield* readSpecialFile(rawFileSystem(sb.cache, checked), sb.raw.orphanFileInum, 'orphan file');
}

/** ext4_setup_super, then ext4_orphan_cleanup: from here on a power cut leaves an image that asks for recovery. */
function* beginWriting(sb: SuperBlock): Sleepable<void> {
  const { raw } = sb;
  yield* sb.journal.begin();
  if (raw.maxMntCount === 0) raw.maxMntCount = DEFAULT_MAX_MOUNTS;
  raw.mntCount = (raw.mntCount + 1) & 0xffff;
  raw.mtime = sb.now.seconds >>> 0;
  raw.mtimeHi = Math.max(0, Math.floor(sb.now.seconds / 2 ** 32)) & 0xff;
  raw.featureIncompat |= INCOMPAT.needs_recovery;
  noteHashSign(sb);
  if ((sb.features.compat & COMPAT.orphan_file) !== 0) raw.featureRoCompat |= RO_COMPAT.orphan_present;
  yield* commitSuperBlock(sb);
  yield* sb.orphans.process();
}

/** A superblock that does not say whether names are hashed with a sign says from now on how we do it. */
function noteHashSign({ raw, features }: SuperBlock): void {
  const told = (raw.flags & (EXT2_FLAGS_SIGNED_HASH | EXT2_FLAGS_UNSIGNED_HASH)) !== 0;
  if (!told && (features.compat & COMPAT.dir_index) !== 0) raw.flags |= EXT2_FLAGS_UNSIGNED_HASH;
}

/** After recovery, and for orphans, even a read-only mount writes; when it has, the image is clean. */
function* finishReadOnly(sb: SuperBlock, recovered: boolean): Sleepable<void> {
  const flagged = (sb.raw.featureIncompat & INCOMPAT.needs_recovery) !== 0;
  if (!recovered && !flagged && sb.orphans.isEmpty) return;
  checkFeatures(featuresOf(sb.raw), false);
  sb.readOnly = false;
  yield* sb.journal.begin();
  yield* sb.orphans.process();
  yield* sb.journal.close();
  yield* markClean(sb);
  sb.readOnly = true;
}

function* markClean(sb: SuperBlock): Sleepable<void> {
  const { raw } = sb;
  raw.featureIncompat &= ~INCOMPAT.needs_recovery;
  if (sb.orphans.isEmpty) raw.featureRoCompat &= ~RO_COMPAT.orphan_present;
  yield* commitSuperBlock(sb);
}

/**
 * Unmounts (ext4_put_super). The caller has synced, and nobody uses an inode any more. After an abort the flags stay: the
 * next mount has to recover. Fails with EIO.
 */
export function* unmountSuperBlock(sb: SuperBlock): Sleepable<void> {
  try {
    yield* sb.conversionWork.flush();
    if (!sb.options.readOnly) {
      const wasAborted = sb.journal.aborted;
      yield* sb.journal.close();
      if (!wasAborted) yield* markClean(sb);
    }
  } finally {
    // Whatever could not be written: the memory goes back.
    sb.conversionWork.stop();
    sb.inodes.clear();
    sb.cache.clear();
  }
}
