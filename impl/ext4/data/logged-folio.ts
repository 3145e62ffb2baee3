import type { Folio } from '../../mm/folio.ts';
import { inodeOf } from '../inode/inode.ts';

/**
 * What is known below a folio whose data goes through the journal: which of its blocks are good to read, and the transaction that
 * logged it last. Until that is committed the journal counts on what the folio holds, in the kernel because it logs the folio's
 * own memory. What is good to read can be read again at any time: the metadata cache has it.
 */
class LoggedFolio {
  /** Null: no block of it was logged so far. */
  tid: number | null = null;
  /** The blocks that are good to read, by their place in the folio, while not all are. */
  readonly uptodate = new Set<number>();
}

const loggedOf = (folio: Folio): LoggedFolio | null => folio.private as LoggedFolio | null;

function ensureLogged(folio: Folio): LoggedFolio {
  const known = loggedOf(folio);
  if (known !== null) return known;
  const logged = new LoggedFolio();
  folio.private = logged;
  return logged;
}

/** Blocks of the folio are part of the transaction. */
export function noteLogged(folio: Folio, tid: number): void {
  ensureLogged(folio).tid = tid;
}

/** Is this block of the folio good to read? */
export const isBlockUptodate = (folio: Folio, index: number): boolean =>
  folio.uptodate || loggedOf(folio)?.uptodate.has(index) === true;

/** It is from now on; the folio is when all its blocks are. */
export function setBlockUptodate(folio: Folio, index: number, blockSize: number): void {
  if (folio.uptodate) return;
  const { uptodate } = ensureLogged(folio);
  uptodate.add(index);
  if (uptodate.size * blockSize === folio.size) folio.uptodate = true;
}

/** block_is_partially_uptodate(): are all the blocks that bytes [offset, offset + length) touch? */
export function isPartiallyLogged(folio: Folio, blockSize: number, offset: number, length: number): boolean {
  const end = Math.ceil((offset + length) / blockSize);
  for (let index = Math.floor(offset / blockSize); index < end; index++)
    if (!isBlockUptodate(folio, index)) return false;
  return true;
}

/** jbd2_journal_try_to_free_buffers(): not before what was logged of the folio is committed. */
export function releaseLogged(folio: Folio): boolean {
  const logged = loggedOf(folio);
  if (logged === null) return true;
  if (logged.tid !== null && !inodeOf(folio.mapping).sb.journal.isCommitted(logged.tid)) return false;
  folio.private = null;
  return true;
}

/**
 * ext4_journalled_invalidate_folio(): of a folio that leaves the file nothing need be known; the copies that the journal has
 * of its blocks are revoked when these are freed. One that loses a part keeps its place in the transaction.
 */
export function invalidateLogged(folio: Folio, offset: number, length: number): void {
  if (offset === 0 && length === folio.size) folio.private = null;
}
