import { SECTOR_BYTES, type BioStatus } from '../block/bio.ts';
import type { BlockDevice } from '../block/block-device.ts';
import { present } from '../lib/assert.ts';
import type { Folio } from '../mm/folio.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { waitUntil } from '../sched/sleepable.ts';
import type { BufferHead } from './buffer-head.ts';
import { readBuffer } from './block-write.ts';
import { buffersOf, ensureBuffers } from './folio-buffers.ts';
import { ZeroFill } from './zero-fill.ts';

/** What lies under a run of file blocks. `block` is the device block, or -1 where the file has zeros. */
export interface BlockRunMapping {
  readonly block: number;
  /** Blocks, at least 1. */
  readonly length: number;
}

/** Looks a run of up to `length` file blocks up, from block `logical` on (get_block without create). */
export type LookupBlocks = (logical: number, length: number) => Sleepable<BlockRunMapping>;

/** What travels together: the memory of each block, the folio that it lies in, and its buffer_head, where it has one. */
interface ReadBio {
  readonly segments: Uint8Array[];
  readonly folios: Folio[];
  readonly buffers: BufferHead[];
}

const emptyBio = (): ReadBio => ({ segments: [], folios: [], buffers: [] });

/** Reads of blocks that follow each other on the device travel in one bio (mpage_readahead, mpage_bio_submit_read). */
class ReadBatch {
  readonly #device: BlockDevice;
  readonly #blockSize: number;
  #sector = -1;
  #nextBlock = -1;
  #bio = emptyBio();
  #inFlight = 0;
  readonly #zeros = new ZeroFill();
  readonly #failed = new Set<Folio>();

  constructor(device: BlockDevice, blockSize: number) {
    this.#device = device;
    this.#blockSize = blockSize;
  }

  add(block: number, memory: Uint8Array, folio: Folio, buffer: BufferHead | null): void {
    if (block !== this.#nextBlock) {
      this.#submit();
      this.#sector = (block * this.#blockSize) / SECTOR_BYTES;
    }
    const { segments, folios, buffers } = this.#bio;
    segments.push(memory);
    folios.push(folio);
    if (buffer !== null) buffers.push(buffer);
    this.#nextBlock = block + 1;
  }

  /** A folio that lies in a hole; its memory is zero when everything was waited for. */
  addHole({ memory }: Folio): void {
    this.#zeros.add(memory);
  }

  #submit(): void {
    const read = this.#bio;
    const { segments } = read;
    if (segments.length === 0) return;
    this.#bio = emptyBio();
    this.#nextBlock = -1;
    this.#inFlight++;
    const bio = { direction: 'read', sector: this.#sector, segments, preflush: false, fua: false } as const;
    this.#device.submit(bio, (status) => this.#ended(read, status));
  }

  #ended({ folios, buffers }: ReadBio, status: BioStatus): void {
    this.#inFlight--;
    if (status === null) for (const buffer of buffers) buffer.uptodate = true;
    else for (const folio of folios) this.#failed.add(folio);
  }

  /** Submits and waits for everything; answers the folios of which a part could not be read. */
  *wait(): Sleepable<ReadonlySet<Folio>> {
    this.#submit();
    this.#zeros.flush();
    if (this.#inFlight > 0) yield* waitUntil('read of folios', () => this.#inFlight === 0);
    return this.#failed;
  }
}

/**
 * Fills locked folios that follow each other in the file, and unlocks them (ext4_mpage_readpages; block_read_full_folio
 * where a folio has buffer_heads, whose blocks are newer than the disk or not read yet, one by one). Answers the folios that
 * could not be read.
 */
export function* readFolios(
  device: BlockDevice,
  folios: readonly Folio[],
  blockSize: number,
  lookup: LookupBlocks,
): Sleepable<ReadonlySet<Folio>> {
  const batch = new ReadBatch(device, blockSize);
  let failed: ReadonlySet<Folio> | null = null;
  try {
    const last = folios.at(-1);
    const mapper = new RunLookup(lookup, last === undefined ? 0 : last.end / blockSize);
    yield* readBlocks(folios, blockSize, mapper, batch);
    failed = yield* batch.wait();
    return failed;
  } finally {
    // Nobody may have the memory back while the device fills it.
    yield* batch.wait();
    for (const folio of folios) {
      if (failed?.has(folio) === false) folio.uptodate = true;
      folio.unlock();
    }
  }
}

/** Remembers the last run, so that neighbouring blocks cost one look-up. */
class RunLookup {
  readonly #lookup: LookupBlocks;
  readonly #endBlock: number;
  #first = 0;
  #run: BlockRunMapping = { block: -1, length: 0 };

  constructor(lookup: LookupBlocks, endBlock: number) {
    this.#lookup = lookup;
    this.#endBlock = endBlock;
  }

  knows(logical: number): boolean {
    return logical >= this.#first && logical < this.#first + this.#run.length;
  }

  *look(logical: number): Sleepable<void> {
    this.#first = logical;
    this.#run = yield* this.#lookup(logical, this.#endBlock - logical);
  }

  /** Device block of file block `logical`, which it knows, or -1. */
  blockOf(logical: number): number {
    return this.#run.block < 0 ? -1 : this.#run.block + (logical - this.#first);
  }
}

/**
 * The blocks of a locked folio that bytes [offset, offset + length) touch become good to read (mext_page_mkuptodate).
 * Fails with EIO.
 */
export function* readPart(
  device: BlockDevice,
  folio: Folio,
  blockSize: number,
  offset: number,
  length: number,
  lookup: LookupBlocks,
): Sleepable<void> {
  if (folio.uptodate) return;
  const buffers = ensureBuffers(folio, blockSize);
  const first = folio.position / blockSize;
  for (let index = Math.floor(offset / blockSize); index * blockSize < offset + length; index++) {
    const buffer = present(buffers[index], 'buffer');
    if (buffer.uptodate) continue;
    const { block } = yield* lookup(first + index, 1);
    if (block < 0) {
      buffer.data.fill(0);
      buffer.uptodate = true;
    } else {
      buffer.block = block;
      buffer.mapped = true;
      yield* readBuffer(device, buffer, blockSize);
    }
  }
  folio.uptodate = buffers.every((buffer) => buffer.uptodate);
}

/** One generator for all folios: one for each would cost as much as all else that is done for it. */
function* readBlocks(
  folios: readonly Folio[],
  blockSize: number,
  mapper: RunLookup,
  batch: ReadBatch,
): Sleepable<void> {
  for (const folio of folios) {
    const buffers = buffersOf(folio);
    const first = folio.position / blockSize;
    const blocks = folio.size / blockSize;
    for (let index = 0; index < blocks; index++) {
      const buffer = buffers?.[index] ?? null;
      if (buffer?.uptodate === true) continue;
      if (!mapper.knows(first + index)) yield* mapper.look(first + index);
      readBlock(folio, index, blockSize, buffer, mapper.blockOf(first + index), batch);
    }
  }
}

/** Block `index` of the folio comes from block `block` of the device; -1: it is zeros. */
function readBlock(
  folio: Folio,
  index: number,
  blockSize: number,
  buffer: BufferHead | null,
  block: number,
  batch: ReadBatch,
): void {
  if (block >= 0) batch.add(block, blockMemory(folio, index, blockSize), folio, buffer);
  else if (folio.size === blockSize && buffer === null) batch.addHole(folio);
  else {
    blockMemory(folio, index, blockSize).fill(0);
    if (buffer !== null) buffer.uptodate = true;
  }
}

/** A view costs as much as a small copy, and mostly a folio is one block. */
const blockMemory = (folio: Folio, index: number, blockSize: number): Uint8Array =>
  folio.size === blockSize ? folio.data : folio.data.subarray(index * blockSize, (index + 1) * blockSize);
