import type { Folio } from '../../mm/folio.ts';
import { inodeOf } from '../inode/inode.ts';

/**
 * What is known below a folio whose data goes through the journal: the transaction that logged it last. Until that is
 * committed the journal counts on what the folio holds, in the kernel because it logs the folio's own memory.
 */
class LoggedFolio {
  tid: number;

  constructor(tid: number) {
    this.tid = tid;
  }
}

/** Blocks of the folio are part of the transaction. */
export function noteLogged(folio: Folio, tid: number): void {
  const logged = folio.private as LoggedFolio | null;
  if (logged === null) folio.private = new LoggedFolio(tid);
  else logged.tid = tid;
}

/** jbd2_journal_try_to_free_buffers(): not before what was logged of the folio is committed. */
export function releaseLogged(folio: Folio): boolean {
  const logged = folio.private as LoggedFolio | null;
  if (logged === null) return true;
  if (!inodeOf(folio.mapping).sb.journal.isCommitted(logged.tid)) return false;
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
