import { BlockRuns } from '../../block/block-runs.ts';
import type { BufferCache } from '../../buffer/buffer-cache.ts';
import { Journal } from '../../jbd2/journal.ts';
import type { Journaling } from '../../jbd2/journaling.ts';
import { MountRefused } from '../../lib/corruption.ts';
import { FastCommitScan, type WholeCommit } from '../fast-commit/scan.ts';
import type { Scheduler } from '../../sched/scheduler.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { rawFileSystem, readSpecialFile } from '../inode/special-file.ts';
import type { Timestamp } from '../inode/timestamp.ts';
import type { RawSuperBlock } from '../layout/superblock.ts';
import type { CheckedSuperBlock } from '../super/check.ts';
import { COMPAT, INCOMPAT } from '../super/features.ts';
import type { MountOptions } from '../super/mount-options.ts';
import { NoJournal } from './no-journal.ts';

/** What a mount knows before it has a journal. */
export interface JournalRequest {
  readonly cache: BufferCache;
  readonly raw: RawSuperBlock;
  readonly checked: CheckedSuperBlock;
  readonly scheduler: Scheduler;
  readonly options: MountOptions;
  now(): Timestamp;
  abortNoticed(): Sleepable<void>;
}

export interface LoadedJournal {
  readonly journal: Journaling;
  /** The journal itself, to be begun before it is used; null without one, and with noload. */
  readonly log: Journal | null;
  /** The blocks that no file may have, used or not. */
  readonly blocks: BlockRuns;
  readonly recovered: boolean;
  /** What is to be replayed before anything else changes; empty but after a crash with fast commits. */
  readonly fastCommits: readonly WholeCommit[];
}

/**
 * Finds the journal and replays it (ext4_load_and_init_journal). A read-only mount replays, too, where the device can be
 * written. Throws MountRefused or Corruption; fails with EIO.
 */
export function* loadJournal(request: JournalRequest): Sleepable<LoadedJournal> {
  const { cache, raw, checked, options } = request;
  const hasJournal = (checked.features.compat & COMPAT.has_journal) !== 0;
  const elsewhere = raw.journalInum === 0 && options.noload;
  const blocks = hasJournal && !elsewhere ? yield* journalBlocks(request) : BlockRuns.of();
  const flagged = (raw.featureIncompat & INCOMPAT.needs_recovery) !== 0;
  if (!hasJournal || options.noload) {
    if (hasJournal && flagged && !options.readOnly) {
      throw new MountRefused('required journal recovery suppressed and not mounted read-only');
    }
    refuseJournalOptions(options);
    return { journal: new NoJournal(cache), log: null, blocks, recovered: false, fastCommits: [] };
  }
  const readOnlyDevice = cache.device.readOnly === true;
  if (flagged && readOnlyDevice) {
    throw new MountRefused('recovery is needed, and the device is read-only: try mounting with noload');
  }
  const log = yield* openLog(request, blocks);
  const recovered = log.needsRecovery && flagged;
  const scan = new FastCommitScan();
  if (recovered) yield* log.recover(scan);
  // The flag is set before a log is ever used: what a log without it holds is of an earlier time.
  else if (log.needsRecovery && !readOnlyDevice) yield* log.wipe();
  return { journal: log, log, blocks, recovered, fastCommits: scan.commits };
}

function* journalBlocks({ cache, raw, checked }: JournalRequest): Sleepable<BlockRuns> {
  if (raw.journalInum !== 0 && raw.journalDev !== 0) {
    throw new MountRefused('file system has both journal inode and journal device');
  }
  if (raw.journalInum === 0) throw new MountRefused('cannot mount with a journal on another device');
  const fs = rawFileSystem(cache, checked);
  return (yield* readSpecialFile(fs, raw.journalInum, 'journal')).blocks;
}

/** ext4_has_journal_option(): who has no journal cannot be told what it should do. */
function refuseJournalOptions({ data, dataErr }: MountOptions): void {
  const given = data !== 'ordered' ? 'data=' : dataErr === 'abort' ? 'data_err=abort' : null;
  if (given !== null) throw new MountRefused(`can't mount with ${given}, fs mounted w/o journal`);
}

function openLog(request: JournalRequest, blocks: BlockRuns): Sleepable<Journal> {
  const { cache, raw, checked, scheduler, options } = request;
  return Journal.open({
    scheduler,
    cache,
    blockSize: cache.blockSize,
    blocks,
    checksums: checked.hasChecksums,
    transactionChecksums: options.journalChecksum,
    sixtyFourBit: (checked.features.incompat & INCOMPAT['64bit']) !== 0,
    // With data=journal everything is logged anyway (ext4_check_journal_data_mode).
    fastCommits: (checked.features.compat & COMPAT.fast_commit) !== 0 && options.data !== 'journal',
    uuid: raw.uuid.slice(),
    faults: options.faults,
    now: () => request.now(),
    abortNoticed: () => request.abortNoticed(),
  });
}
