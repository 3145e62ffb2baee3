import { fsyncInode } from '../ext4/data/fsync.ts';
import { relievePressure } from '../ext4/data/memory-pressure.ts';
import { pageMkwrite } from '../ext4/data/page-mkwrite.ts';
import { isRegular, type Inode } from '../ext4/inode/inode.ts';
import { damageFails } from '../ext4/super/damage.ts';
import { fail, Failure } from '../lib/errno.ts';
import { cachedFaults, type VmOperations } from '../mm/fault.ts';
import { MemoryArea } from '../mm/memory-area.ts';
import { PAGE_BYTES, pageIndex } from '../mm/page.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { touchAccessTime } from './access-time.ts';
import { isAppendOnly } from './inode-flags.ts';
import type { KernelContext } from './kernel-context.ts';
import type { OpenFile } from './open-file.ts';
import { releaseFile } from './release-file.ts';
import type { MappingAccess } from './types.ts';

/** Files in memory: mmap, munmap, msync, and the loads and stores of the one process. Offsets are bytes of the mapping. */

/** A mapping of the process: the area, and the open file that it keeps open. */
export class ProcessMapping {
  readonly area: MemoryArea;
  readonly file: OpenFile;
  readonly faults: VmOperations;

  constructor(area: MemoryArea, file: OpenFile) {
    this.area = area;
    this.file = file;
    this.faults = faultsOf(file);
  }

  get inode(): Inode {
    return this.file.inode;
  }

  /** Bytes, whole pages. */
  get length(): number {
    return this.area.pages * PAGE_BYTES;
  }
}

/** ext4_file_mmap(): as long as a mapping lasts, the file is in the page cache, or is not. */
const faultsOf = ({ inode, readahead }: OpenFile): VmOperations =>
  inode.dataPath.dax?.faults(inode) ??
  cachedFaults({ mapping: inode.mapping, readahead, makeWritable: (folio) => pageMkwrite(inode, folio) });

/**
 * mmap(2) of `length` bytes of an open file from `offset` on; answers the number of the mapping, which stands for its
 * address. Fails with EBADF, EINVAL, EOVERFLOW, EACCES, ENODEV.
 */
export function* mmap(
  context: KernelContext,
  fd: number,
  offset: number,
  length: number,
  access: MappingAccess,
): Sleepable<number> {
  if (offset < 0 || offset % PAGE_BYTES !== 0) fail('EINVAL');
  const file = context.files.get(fd);
  if (length <= 0) fail('EINVAL');
  const pages = Math.ceil(length / PAGE_BYTES);
  mayMap(file, offset, pages * PAGE_BYTES, access);
  const { inode } = file;
  yield* touchAccessTime(inode);
  yield* context.mmapLock.write();
  const area = new MemoryArea(inode.mapping, offset / PAGE_BYTES, pages, {
    shared: access.sharing === 'shared',
    writable: access.access === 'read-write',
  });
  file.users++;
  const id = context.addMapping(new ProcessMapping(area, file));
  context.mmapLock.unlockWrite();
  return id;
}

/** The checks of do_mmap(), in its order. */
function mayMap(file: OpenFile, offset: number, length: number, access: MappingAccess): void {
  const { inode } = file;
  if (isRegular(inode.mode) && offset + length > inode.sb.maxFileBytes) fail('EOVERFLOW');
  if (access.sharing === 'shared') {
    if (access.access === 'read-write' && !file.writable) fail('EACCES');
    if (access.access === 'read-write' && inode.swapFile) fail('ETXTBSY');
    if (isAppendOnly(inode) && file.writable) fail('EACCES');
  }
  if (!file.readable) fail('EACCES');
  if (!isRegular(inode.mode)) fail('ENODEV');
}

/** munmap(2) of a whole mapping. The last user of a file that was closed, or unlinked, lets it go. */
export function* munmap(context: KernelContext, id: number): Sleepable<void> {
  yield* context.mmapLock.write();
  let file: OpenFile;
  try {
    const mapping = context.removeMapping(id);
    mapping.area.detach();
    ({ file } = mapping);
  } finally {
    context.mmapLock.unlockWrite();
  }
  yield* releaseFile(context, file);
}

/**
 * Loads from the mapping into `target`, page by page; answers how many bytes there were before a page that is SIGBUS or
 * outside. Fails with EFAULT when there were none.
 */
export function load(
  context: KernelContext,
  id: number,
  offset: number,
  target: Uint8Array,
): Sleepable<number> {
  const copy: CopyPage = (data, from, length, done) => target.set(data.subarray(from, from + length), done);
  const mapping = context.mapping(id);
  return eachPage(context, mapping, { offset, length: target.length }, mapping.faults.load, copy);
}

/** Stores `source` into the mapping; answers and fails as load does, also when a store finds no space. */
export function store(
  context: KernelContext,
  id: number,
  offset: number,
  source: Uint8Array,
): Sleepable<number> {
  const mapping = context.mapping(id);
  if (!mapping.area.writable && source.length > 0) fail('EFAULT');
  const copy: CopyPage = (data, from, length, done) => data.set(source.subarray(done, done + length), from);
  return eachPage(context, mapping, { offset, length: source.length }, mapping.faults.store, copy);
}

type FaultPage = VmOperations['load'];

/** Copies `length` bytes from or to byte `from` of a page, after `done` others. */
type CopyPage = (data: Uint8Array, from: number, length: number, done: number) => void;

function* eachPage(
  context: KernelContext,
  mapping: ProcessMapping,
  { offset, length }: { readonly offset: number; readonly length: number },
  fault: FaultPage,
  copy: CopyPage,
): Sleepable<number> {
  const { sb } = context;
  let done = 0;
  while (done < length && offset + done < mapping.length) {
    const at = offset + done;
    const from = at % PAGE_BYTES;
    const piece = Math.min(length - done, PAGE_BYTES - from);
    if (sb.pool.pressed()) yield* relievePressure(sb);
    yield* context.mmapLock.read();
    try {
      const data = yield* faultSafely(mapping, mapping.area.firstPage + pageIndex(at), fault);
      if (data === null) break;
      copy(data, from, piece, done);
    } finally {
      context.mmapLock.unlockRead();
    }
    done += piece;
  }
  if (done === 0 && length > 0) fail('EFAULT');
  return done;
}

/** Damage that a fault meets is the processor's SIGBUS like any other failure. */
function* faultSafely(
  { area, inode }: ProcessMapping,
  page: number,
  fault: FaultPage,
): Sleepable<Uint8Array | null> {
  try {
    return yield* damageFails(inode.sb, () => fault(area, page));
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/**
 * msync(2): what was stored to a shared mapping is on the device, as after fdatasync; MS_ASYNC asks for nothing. Fails with
 * EINVAL, ENOMEM, EIO.
 */
export function* msync(
  context: KernelContext,
  id: number,
  offset: number,
  length: number,
  mode: 'sync' | 'async',
): Sleepable<void> {
  const mapping = context.mapping(id);
  if (offset % PAGE_BYTES !== 0) fail('EINVAL');
  const end = offset + Math.ceil(length / PAGE_BYTES) * PAGE_BYTES;
  if (length === 0) return;
  if (mode === 'sync' && mapping.area.shared && offset < mapping.length)
    yield* syncMapped(mapping, offset, Math.min(end, mapping.length));
  if (offset < 0 || end > mapping.length) fail('ENOMEM');
}

function* syncMapped({ area, file, inode }: ProcessMapping, start: number, end: number): Sleepable<void> {
  const base = area.firstPage * PAGE_BYTES;
  yield* fsyncInode(inode, { start: base + start, end: base + end, dataOnly: true }, file);
}
