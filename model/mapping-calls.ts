import { PAGE_BYTES } from './limits.ts';
import { copyOfPage, Mapping } from './mapping.ts';
import type { OpenFile } from './open-file.ts';
import { counted, DONE, failure, success } from './outcome.ts';
import type { Errno, Outcome, Run } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import type { State } from './state.ts';

/** mmap(2). The file is accessed (ext4_file_mmap). */
export function mmap(state: State, operation: OperationOf<'mmap'>): Outcome {
  const { as: mapping, handle, offset, length, sharing, access } = operation;
  if (state.mappings.has(mapping)) return failure('EBADF');
  if (offset % PAGE_BYTES !== 0) return failure('EINVAL');
  const file = state.handles.get(handle);
  if (file === undefined) return failure('EBADF');
  if (length === 0) return failure('EINVAL');
  const { inode } = file;
  const error = mmapError(state, file, operation);
  if (error !== null) return failure(error);
  if (inode.type !== 'file') return failure('ENODEV');
  state.markAccessed(inode);
  state.mappings.set(mapping, new Mapping(inode, { mapping, offset, length, sharing, access }));
  return DONE;
}

/** do_mmap, in its order; where a file of 2^63 bytes would end, is beyond numbers. */
function mmapError(state: State, file: OpenFile, { sharing, access }: OperationOf<'mmap'>): Errno | null {
  if (sharing === 'shared') {
    if (access === 'read-write' && !file.writable) return 'EACCES';
    if (access === 'read-write' && state.isSwapFile(file.inode)) return 'ETXTBSY';
    if (file.inode.flags.append && file.writable) return 'EACCES';
  }
  return file.readable ? null : 'EACCES';
}

export function munmap(state: State, { mapping }: OperationOf<'munmap'>): Outcome {
  return state.mappings.delete(mapping) ? DONE : failure('EINVAL');
}

/** msync(2): what it writes out, nobody sees. Only within a mapping: what lies behind it is somebody else's. */
export function msync(state: State, { mapping, offset }: OperationOf<'msync'>): Outcome {
  if (!state.mappings.has(mapping)) return failure('EINVAL');
  return offset % PAGE_BYTES === 0 ? DONE : failure('EINVAL');
}

/** Loads up to the first page that is not there. */
export function load(state: State, operation: OperationOf<'load'>): Outcome {
  const mapping = state.mappings.get(operation.mapping);
  if (mapping === undefined) return failure('EINVAL');
  const runs: Run[] = [];
  let found = 0;
  for (const { page, start, length } of pagesOf(mapping, operation.offset, operation.length)) {
    const copy = mapping.copies.get(page);
    if (copy === undefined && page * PAGE_BYTES >= mapping.size) break;
    const contents = copy ?? copyOfPage(mapping.inode, page);
    for (const run of contents.read(start, length)) runs.push(run);
    found += length;
  }
  return found === 0 && operation.length > 0 ? failure('EFAULT') : success({ kind: 'runs', runs });
}

/**
 * Stores up to the first page that is not there, or has no room on the device. The first store to a page of a shared mapping
 * moves the file's times, later ones only when the page has been written out in between; privileges stay.
 */
export function store(state: State, { mapping: name, offset, content }: OperationOf<'store'>): Outcome {
  const mapping = state.mappings.get(name);
  if (mapping === undefined) return failure('EINVAL');
  if (content.length === 0) return counted(0);
  const shared = mapping.sharing === 'shared';
  const { dax } = state.options;
  // ext4_dax_huge_fault, unlike ext4_page_mkwrite, does not ask whether the file is immutable.
  const bound = shared && mapping.inode.flags.immutable && !dax;
  if (mapping.access === 'read' || bound) return failure('EFAULT');
  const pages = [...pagesOf(mapping, offset, content.length)];
  const missing = pages.findIndex(
    ({ page }) => mapping.copies.get(page) === undefined && page * PAGE_BYTES >= mapping.size,
  );
  const present = missing < 0 ? pages : pages.slice(0, missing);
  if (present.length === 0) return failure('EFAULT');
  const reached = shared ? withinSpace(state, present) : present;
  for (const piece of reached) {
    if (shared) storeShared(state, mapping, piece, content.seed);
    else storePrivate(mapping, piece, content.seed);
  }
  if (reached.length < present.length) state.markModifiedPerhaps(mapping.inode);
  const stored = reached.reduce((sum, { length }) => sum + length, 0);
  return stored === 0 ? failure('EFAULT') : counted(stored);
}

/** What of an operation falls into one page. */
interface PagePiece {
  /** The number of the page in the file. */
  readonly page: number;
  /** Bytes within the page. */
  readonly start: number;
  readonly length: number;
  /** Bytes of the operation before this piece. */
  readonly done: number;
}

function* pagesOf(mapping: Mapping, offset: number, length: number): Generator<PagePiece> {
  const end = mapping.offset + Math.min(offset + length, mapping.reach);
  const first = mapping.offset + offset;
  for (let place = first; place < end;) {
    const page = Math.floor(place / PAGE_BYTES);
    const start = place % PAGE_BYTES;
    const piece = Math.min(PAGE_BYTES - start, end - place);
    yield { page, start, length: piece, done: place - first };
    place += piece;
  }
}

/** The pages that the target had room for: all of them, or up to one where it says it stopped. */
function withinSpace(state: State, pages: readonly PagePiece[]): readonly PagePiece[] {
  if (state.hasRoom) return pages;
  if (state.observedErrno === 'EFAULT') return [];
  const stop = pages.findIndex(({ done }) => done > 0 && done === state.observedCount);
  return stop < 0 ? pages : pages.slice(0, stop);
}

function storeShared(state: State, { inode }: Mapping, piece: PagePiece, seed: number): void {
  const { page, start, length, done } = piece;
  const { contents } = inode;
  const place = page * PAGE_BYTES + start;
  const within = Math.min(length, Math.max(0, contents.size - place));
  if (within > 0) contents.writeRuns(place, [{ kind: 'bytes', seed, start: done, length: within }], within);
  // Seen through mappings while the page stays, and nowhere else.
  if (within < length) inode.strayed = true;
  if (inode.storedPages.has(page)) state.markModifiedPerhaps(inode);
  else {
    state.markModified(inode);
    inode.storedPages.add(page);
  }
}

function storePrivate(mapping: Mapping, { page, start, length, done }: PagePiece, seed: number): void {
  const copy = mapping.copies.get(page) ?? copyOfPage(mapping.inode, page);
  copy.writeRuns(start, [{ kind: 'bytes', seed, start: done, length }], length);
  mapping.copies.set(page, copy);
}

/** What is behind the new end of file goes, also from private mappings (truncate_pagecache). */
export function unmapBehind(state: State, inode: Mapping['inode'], size: number): void {
  for (const mapping of state.mappings.values()) {
    if (mapping.inode !== inode) continue;
    for (const page of mapping.copies.keys()) if (page * PAGE_BYTES >= size) mapping.copies.delete(page);
  }
}

/** Contents from `offset` on were moved: whether private copies stay is the kernel's affair. */
export function doubtCopiesFrom(state: State, inode: Mapping['inode'], offset: number): void {
  for (const mapping of state.mappings.values()) {
    if (mapping.inode !== inode) continue;
    for (const page of mapping.copies.keys())
      if ((page + 1) * PAGE_BYTES > offset) mapping.copies.set(page, null);
  }
}

/** Whether a mapping has, in this range, copies of which nobody knows whether they are there. */
export function isDoubtful(mapping: Mapping, offset: number, length: number): boolean {
  for (const { page } of pagesOf(mapping, offset, length)) if (mapping.copies.get(page) === null) return true;
  return false;
}
