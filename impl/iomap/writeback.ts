import { assert } from '../lib/assert.ts';
import { Failure } from '../lib/errno.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import type { AddressSpace } from '../mm/address-space.ts';
import { isWanted, type WritebackControl } from '../mm/address-space-operations.ts';
import type { Folio } from '../mm/folio.ts';
import { endPage, pageIndex } from '../mm/page.ts';
import { ensureState, stateOf } from './folio-state.ts';
import type { IomapFile } from './host.ts';
import { finishFolioWrite, Ioend } from './ioend.ts';
import { Iomap } from './iomap.ts';

/** What writeback asks of the file system (struct iomap_writeback_ops). */
export interface IomapWritebackOps<F extends IomapFile> {
  /**
   * Makes `iomap` a mapping that covers `position` and is still valid, allocating what was only promised. `end` is the
   * byte up to which the caller wants to write at most. The one that is there may be kept while it is still true.
   */
  mapRange(file: F, position: number, end: number, iomap: Iomap): Sleepable<void>;
  /** No mapping can be had for what is dirty in the locked folio: it is lost, and what was promised to it given back. */
  discardFolio(file: F, folio: Folio): Sleepable<void>;
  /** A write has ended, in interrupt context. The file system calls `ioend.finish()` when its own work is done. */
  ioendEnded(ioend: Ioend<F>): void;
}

/** One walk over dirty folios (struct iomap_writepage_ctx). */
class WritebackContext<F extends IomapFile> {
  readonly file: F;
  readonly ops: IomapWritebackOps<F>;
  readonly iomap = new Iomap();
  /** i_size when the last folio was taken, in bytes: what lies behind it goes to the device as zeros. */
  fileEnd = 0;
  #ioend: Ioend<F> | null = null;

  constructor(file: F, ops: IomapWritebackOps<F>) {
    this.file = file;
    this.ops = ops;
  }

  /** Queues bytes of a folio for the device (iomap_add_to_ioend). */
  add(folio: Folio, position: number, length: number): void {
    const { iomap } = this;
    const address = iomap.address + position - iomap.offset;
    const unwritten = iomap.type === 'unwritten';
    let ioend = this.#ioend;
    if (ioend?.continues(position, address, unwritten) !== true) {
      this.submit();
      ioend = this.#ioend = new Ioend(this.file, position, address, unwritten);
    }
    ioend.add(folio, position - folio.position, length);
    ioend.endBy(this.fileEnd);
  }

  submit(): void {
    const ioend = this.#ioend;
    if (ioend === null) return;
    this.#ioend = null;
    ioend.submit((ended) => this.ops.ioendEnded(ended));
  }
}

const needsWriting = (folio: Folio, mapping: AddressSpace, control: WritebackControl): boolean =>
  isWanted(folio, control) && folio.belongsTo(mapping);

/** iomap_writepages(): submits the dirty folios of the range. A failure to map is kept in the mapping as its error. */
export function* writepages<F extends IomapFile>(
  file: F,
  control: WritebackControl,
  ops: IomapWritebackOps<F>,
): Sleepable<void> {
  const { mapping } = file;
  const context = new WritebackContext(file, ops);
  const last = endPage(control.end);
  if (control.sync === 'all') mapping.tagForWriteback(pageIndex(control.start), last);
  try {
    for (const folio of mapping.dirtyRange(pageIndex(control.start), last)) {
      if (!needsWriting(folio, mapping, control) || (folio.writeback && control.sync === 'none')) continue;
      yield* folio.lock();
      // What was queued before must be on its way before this task waits for a folio that may be part of it.
      if (folio.writeback) context.submit();
      yield* folio.waitForWriteback();
      if (needsWriting(folio, mapping, control)) {
        yield* writeFolio(context, folio);
        control.budget -= folio.pages;
      } else {
        folio.unlock();
      }
      if (control.budget <= 0) break;
    }
  } finally {
    // Folios that are queued are under writeback until somebody sends them.
    context.submit();
  }
}

/** iomap_writeback_folio(): sends the dirty blocks of a locked folio on their way and unlocks it. */
function* writeFolio<F extends IomapFile>(context: WritebackContext<F>, folio: Folio): Sleepable<void> {
  const { file } = context;
  const { mapping, blockSize } = file;
  mapping.clearDirty(folio);
  mapping.startWriteback(folio);
  const state = ensureState(folio, blockSize);
  // Held until every block is queued: an early end must not finish the folio while blocks are still to come.
  if (state !== null) state.writePending += 1;
  let submitted = 0;
  try {
    context.fileEnd = file.size;
    const end = writableEnd(file, folio);
    if (state === null) submitted = end > 0 ? yield* writeRange(context, folio, 0, blockSize) : 0;
    else submitted = yield* writeDirtyRanges(context, folio, end);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    mapping.setError(error.errno);
    yield* context.ops.discardFolio(file, folio);
  } finally {
    folio.unlock();
    if (state !== null) {
      state.clearDirty(0, state.blocks);
      finishFolioWrite(file, folio, 1);
    } else if (submitted === 0) {
      mapping.endWriteback(folio);
    }
  }
}

/**
 * Byte in the folio up to which it may be written, rounded up to a block; 0 when the folio lies beyond the end of the
 * file. Bytes of the last block behind i_size go to the device as zeros (iomap_writeback_handle_eof).
 */
function writableEnd(file: IomapFile, folio: Folio): number {
  if (folio.end <= file.size) return folio.size;
  if (folio.position >= file.size) return 0;
  const offset = file.size - folio.position;
  folio.data.fill(0, offset);
  return Math.ceil(offset / file.blockSize) * file.blockSize;
}

function* writeDirtyRanges<F extends IomapFile>(
  context: WritebackContext<F>,
  folio: Folio,
  end: number,
): Sleepable<number> {
  const state = stateOf(folio);
  assert(state !== null, () => `folio ${folio.index} has no state`);
  const { blockSize } = context.file;
  const endBlock = end / blockSize;
  let submitted = 0;
  for (let block = state.nextDirty(0, endBlock); block >= 0;) {
    const clean = state.nextClean(block, endBlock);
    submitted += yield* writeRange(context, folio, block * blockSize, clean * blockSize);
    block = state.nextDirty(clean, endBlock);
  }
  return submitted;
}

/** Writes dirty bytes [from, to) of a folio, mapping by mapping. Answers the bytes queued. */
function* writeRange<F extends IomapFile>(
  context: WritebackContext<F>,
  folio: Folio,
  from: number,
  to: number,
): Sleepable<number> {
  const { file, iomap, ops } = context;
  let submitted = 0;
  for (let position = folio.position + from; position < folio.position + to;) {
    yield* ops.mapRange(file, position, folio.position + to, iomap);
    const length = Math.min(iomap.end, folio.position + to) - position;
    assert(length > 0, () => `writeback mapping does not cover byte ${position}`);
    assert(iomap.type !== 'delalloc', () => `writeback of byte ${position} was not given a place`);
    // Dirty bytes over a hole are zeros that a truncation left: there is nothing to keep.
    if (iomap.type !== 'hole') {
      context.add(folio, position, length);
      submitted += length;
    }
    position += length;
  }
  return submitted;
}
