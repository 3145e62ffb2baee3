import { Corruption } from '../lib/corruption.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import {
  COMMIT_BLOCK,
  DESCRIPTOR_BLOCK,
  JOURNAL_MAGIC,
  JournalHeaderLayout,
  REVOKE_BLOCK,
} from './layout/header.ts';
import type { LogArea } from './log-area.ts';
import type { LogReader } from './log-reader.ts';
import { nextTid, tidAtOrAfter } from './tid.ts';

/** A block of the log that has the journal's header, and the sequence number that is due. Its memory is the next one's, too. */
export interface ControlBlock {
  /** Block of the journal. */
  readonly position: number;
  readonly sequence: number;
  readonly data: Uint8Array;
  readonly view: DataView;
}

/** What one pass of recovery does with each kind of block. */
export interface LogVisitor {
  /** Answers how many data blocks follow. */
  descriptor(block: ControlBlock): Sleepable<number>;
  revoke(block: ControlBlock): void;
  /** Answers whether the log goes on after this transaction. */
  commit(block: ControlBlock): boolean;
}

/**
 * Goes through the log transaction by transaction until a block is not what is due, or `end` is reached (do_one_pass).
 * Answers the sequence number of the transaction that it did not get through. A log never holds more blocks than it has:
 * Corruption if one seems to.
 */
export function* walkLog(
  reader: LogReader,
  area: LogArea,
  start: { readonly sequence: number; readonly block: number },
  end: number | null,
  visitor: LogVisitor,
): Sleepable<number> {
  let { sequence, block } = start;
  let left = area.size;
  while (end === null || !tidAtOrAfter(sequence, end)) {
    const data = yield* reader.readControl(block);
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    const header = JournalHeaderLayout.at(view);
    if (header.magic !== JOURNAL_MAGIC || header.sequence !== sequence) break;
    const control = { position: block, sequence, data, view };
    let length = 1;
    const type = header.blockType;
    if (type === DESCRIPTOR_BLOCK) length += yield* visitor.descriptor(control);
    else if (type === REVOKE_BLOCK) visitor.revoke(control);
    else if (type !== COMMIT_BLOCK || !visitor.commit(control)) break;
    else sequence = nextTid(sequence);
    left -= length;
    if (left < 0)
      throw new Corruption('journal', 'length of the log', area.size - left, `at most ${area.size} blocks`);
    block += length;
    if (block >= area.end) block -= area.size;
  }
  return sequence;
}
