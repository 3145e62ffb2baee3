import type { BufferHead } from '../buffer/buffer-head.ts';
import type { Transaction } from './transaction.ts';

/**
 * What the journal knows about a buffer (struct journal_head). The kernel keeps b_transaction and b_next_transaction and
 * freezes a buffer's old contents when the next transaction wants it; here the commit copies every buffer at the moment
 * it switches transactions, so the three roles are three independent fields.
 */
export class JournalHead {
  readonly buffer: BufferHead;
  /** The running transaction, if it has asked for the buffer. */
  running: Transaction | null = null;
  /** The running transaction changed the buffer: it will be logged. */
  modified = false;
  /** The buffer was dirty when the running transaction asked for it: it is again if that leaves it as it was. */
  wasDirty = false;
  /** The running transaction freed the block: it will leave the journal when that commits. */
  forgotten = false;
  /** The committing transaction, if the buffer is part of it. */
  committing: Transaction | null = null;
  /** The newest committed transaction whose copy in the log is newer than the home block. */
  checkpoint: Transaction | null = null;

  constructor(buffer: BufferHead) {
    this.buffer = buffer;
  }

  /** Takes the buffer off the checkpoint list: its home block is current, or does not matter any more. */
  leaveCheckpoint(): void {
    if (this.checkpoint === null) return;
    this.checkpoint.checkpointPending--;
    this.checkpoint = null;
  }

  /** Lets go of the buffer when the journal has no more use for it (jbd2_journal_put_journal_head). */
  release(): void {
    if (this.running === null && this.committing === null && this.checkpoint === null) {
      this.buffer.journalHead = null;
    }
  }
}

export const journalHead = (buffer: BufferHead): JournalHead | null =>
  buffer.journalHead as JournalHead | null;

export function makeJournalHead(buffer: BufferHead): JournalHead {
  const head = new JournalHead(buffer);
  buffer.journalHead = head;
  return head;
}
