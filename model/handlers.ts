import { fadvise, readahead, syncFileRange } from './advising.ts';
import { chmod, chown, fstat, stat, utimens } from './attributing.ts';
import { mkdir, mknod, symlink } from './creating.ts';
import { copyFileRange, sendfile } from './copying.ts';
import { getxattr, listxattr, removexattr, setxattr } from './extended-attributes.ts';
import { chattr, lsattr, setProject } from './flagging.ts';
import { freeze, thaw } from './freezing.ts';
import { link, linkHandle } from './linking.ts';
import { readdir, readlink } from './listing.ts';
import { reconfigure, touchCaches, trim } from './maintaining.ts';
import { load, mmap, msync, munmap, store } from './mapping-calls.ts';
import { moveExtent } from './moving-extents.ts';
import { close, open } from './opening.ts';
import type { Handle, Operation, OperationName, Outcome } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import { DONE, SPACE, failure } from './outcome.ts';
import { fallocate } from './preallocating.ts';
import { rmdir, unlink } from './removing.ts';
import { rename } from './renaming.ts';
import { bmap, fiemap } from './reporting.ts';
import { seek } from './seeking.ts';
import type { State } from './state.ts';
import { pread, pwrite, read, write } from './transferring.ts';
import { mkswap, swapoff, swapon } from './swapping.ts';
import { ftruncate, truncate } from './truncating.ts';

type Handlers = { readonly [Name in OperationName]: (state: State, operation: OperationOf<Name>) => Outcome };

const done = (): Outcome => DONE;

/** What only has to find its descriptor: what it writes out, nobody sees. */
const onOpenFile = (state: State, { handle }: { readonly handle: Handle }): Outcome =>
  state.handles.has(handle) ? DONE : failure('EBADF');

/** What performs each operation; the compiler sees that none is missing. */
const HANDLERS: Handlers = {
  open,
  close: (state, { handle }) => close(state, handle),
  read,
  pread,
  write,
  pwrite,
  'copy-file-range': copyFileRange,
  sendfile,
  readahead,
  fadvise,
  'sync-file-range': syncFileRange,
  syncfs: onOpenFile,
  mmap,
  munmap,
  load,
  store,
  msync,
  seek,
  fallocate,
  'move-extent': moveExtent,
  fiemap,
  bmap,
  truncate,
  ftruncate,
  fsync: onOpenFile,
  fdatasync: onOpenFile,
  sync: done,
  mkdir,
  mknod,
  rmdir: (state, { path }) => rmdir(state, path),
  unlink: (state, { path }) => unlink(state, path),
  rename,
  link,
  'link-handle': linkHandle,
  symlink,
  readlink: (state, { path }) => readlink(state, path),
  stat: (state, { path }) => stat(state, path, true),
  lstat: (state, { path }) => stat(state, path, false),
  fstat: (state, { handle }) => fstat(state, handle),
  readdir: (state, { path }) => readdir(state, path),
  chmod,
  chown,
  utimens,
  setxattr,
  getxattr,
  removexattr,
  listxattr,
  setcreds: (state, { uid, gid, groups }) => {
    state.caller = { uid, gid, groups };
    return DONE;
  },
  chattr,
  'set-project': setProject,
  lsattr: (state, { path }) => lsattr(state, path),
  statfs: () => SPACE,
  'drop-caches': done,
  reclaim: (state, { path }) => touchCaches(state, path),
  writeback: (state, { path }) => touchCaches(state, path),
  trim,
  mkswap,
  swapon,
  swapoff,
  freeze,
  thaw,
  reconfigure,
  remount: (state) => {
    state.closeAll();
    return DONE;
  },
};

/** Performs `operation`, whatever it is. */
export function perform(state: State, operation: Operation): Outcome {
  // The table gives each operation its own handler, which no type of a look-up can say.
  const handler = HANDLERS[operation.op] as (state: State, operation: Operation) => Outcome;
  return handler(state, operation);
}
