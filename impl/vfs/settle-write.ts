import { writeFile, type Written } from '../ext4/data/file.ts';
import { fsyncInode } from '../ext4/data/fsync.ts';
import type { IoRules } from '../ext4/data/io-rules.ts';
import { isSync } from '../ext4/inode/sync-flags.ts';
import { writeRange } from '../mm/filemap.ts';
import { dropCleanRange } from '../mm/invalidate.ts';
import { endPage, pageIndex } from '../mm/page.ts';
import type { UserMemory } from '../mm/user-memory.ts';
import { ready, type Sleepable } from '../sched/sleepable.ts';
import type { OpenFile } from './open-file.ts';
import type { Credentials } from './permission/credentials.ts';

/** What is still done after a write before its call returns. */

/**
 * generic_write_sync(): with O_SYNC, O_DSYNC or their flags, or chattr +S, what was written is durable. Fails with the error of
 * a write that was lost.
 */
export function settleWrite(file: OpenFile, rules: IoRules, done: Written): Sleepable<Written> {
  if (done.written === 0 || (rules.sync === 'none' && !isSync(file.inode))) return ready(done);
  if (rules.direct && file.inode.sb.options.faults.has('sync-direct-write-forgets-size')) return ready(done);
  return makeDurable(file, rules, done);
}

function* makeDurable(file: OpenFile, { sync }: IoRules, done: Written): Sleepable<Written> {
  const { position, written } = done;
  yield* fsyncInode(file.inode, { start: position, end: position + written, dataOnly: sync !== 'all' }, file);
  return done;
}

/**
 * A write with RWF_DONTCACHE: what it brings into the cache is written back at once, without waiting for it, and leaves the cache
 * when it has arrived. What was cached before stays.
 */
export function* writeWithoutCaching(
  file: OpenFile,
  { bytes, length }: UserMemory,
  position: number,
  rules: IoRules,
  caller: Credentials,
): Sleepable<Written> {
  const { inode } = file;
  const { mapping } = inode;
  const start = rules.append ? inode.size : position;
  const known = new Set(foliosOf(file, { position: start, written: length }));
  const done = yield* writeFile(inode, position, bytes, length, rules.append, caller);
  for (const folio of foliosOf(file, done)) if (!known.has(folio)) folio.dropBehind = true;
  if (rules.sync !== 'none' || isSync(inode)) yield* makeDurable(file, rules, done);
  else if (done.written > 0) yield* writeRange(mapping, done.position, done.position + done.written, 'none');
  // What needed no worker to finish has arrived by now.
  for (const folio of foliosOf(file, done))
    if (folio.dropBehind) dropCleanRange(mapping, folio.position, folio.end);
  return done;
}

const foliosOf = ({ inode }: OpenFile, { position, written }: Written) =>
  inode.mapping.range(pageIndex(position), endPage(position + written));
