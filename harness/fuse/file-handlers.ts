import type { Handler } from './connection.ts';
import { FuseFailure } from './connection.ts';
import * as message from './messages.ts';
import type { TreeFallocateMode } from './node-tree.ts';
import { isDirect, openFlagsOf, putOpened } from './open-flags.ts';
import { FUSE_FSYNC_FDATASYNC, FUSE_OPEN_KILL_SUIDGID, WRITE } from './protocol-numbers.ts';

/** Requests about open files. */

export const open: Handler = (connection, request, answer) => {
  const { tree, nodeOf } = connection;
  const { flags, openFlags } = request.read(message.openRequest);
  const node = nodeOf(request.node);
  const wanted = openFlagsOf(flags);
  const cuts = wanted.truncate === true && (openFlags & FUSE_OPEN_KILL_SUIDGID) !== 0;
  const handle = tree.open(node, cuts ? { ...wanted, truncate: false } : wanted);
  // Who may not keep the bits that let a program run as its owner cuts the file like anybody else.
  if (cuts) tree.setattr(node, { size: 0, losesPrivileges: true });
  putOpened(connection, answer, handle);
};

export const release: Handler = ({ tree }, request) => {
  tree.release(request.read(message.releaseRequest).handle);
};

/** From so many bytes on, copying them takes longer than telling where they are. */
const LENT_MIN_BYTES = 32 << 10;

export const read: Handler = ({ tree, cache }, request, answer) => {
  const { handle, offset, size, flags } = request.read(message.readRequest);
  const direct = !cache.kernelCache && isDirect(flags);
  if (direct || size < LENT_MIN_BYTES) answer.keep(tree.read(handle, answer.space(size), offset, direct));
  else answer.lend(tree.splice(handle, offset, size));
};

/** Pages that were mapped come whole from the kernel's cache, whatever the file was opened for. */
export const write: Handler = ({ tree, cache }, request, answer) => {
  const { handle, offset, size, writeFlags, flags } = request.read(message.writeRequest);
  const start = message.writeRequest.size;
  const source = request.body.subarray(start, start + size);
  if (source.length < size) throw new FuseFailure('EIO');
  const cached = cache.kernelCache || (writeFlags & WRITE.cache) !== 0;
  const written = tree.write(handle, source, offset, {
    direct: !cached && isDirect(flags),
    losesPrivileges: (writeFlags & WRITE.killPrivileges) !== 0,
  });
  answer.put(message.writtenAnswer, { size: written });
};

/** Of files and directories. */
export const fsync: Handler = ({ tree }, request) => {
  const { handle, flags } = request.read(message.fsyncRequest);
  tree.fsync(handle, (flags & FUSE_FSYNC_FDATASYNC) !== 0);
};

/** ext4 does nothing when a descriptor is closed. */
export const flush: Handler = () => undefined;

/** Combinations of FALLOC_FL_* that ext4 knows. */
const FALLOCATE_MODES: Readonly<Record<number, TreeFallocateMode>> = {
  0x00: 'allocate',
  0x01: 'keep-size',
  0x03: 'punch',
  0x10: 'zero',
  0x11: 'zero-keep-size',
  0x08: 'collapse',
  0x20: 'insert',
  0x80: 'write-zeroes',
};

export const fallocate: Handler = ({ tree }, request) => {
  const { handle, offset, length, mode } = request.read(message.fallocateRequest);
  const known = FALLOCATE_MODES[mode];
  if (known === undefined) throw new FuseFailure('EOPNOTSUPP');
  tree.fallocate(handle, known, offset, length);
};

const SEEK_DATA = 3;
const SEEK_HOLE = 4;

export const lseek: Handler = ({ tree }, request, answer) => {
  const { handle, offset, whence } = request.read(message.lseekRequest);
  if (whence !== SEEK_DATA && whence !== SEEK_HOLE) throw new FuseFailure('EINVAL');
  answer.put(message.lseekAnswer, {
    offset: tree.seek(handle, offset, whence === SEEK_DATA ? 'data' : 'hole'),
  });
};

const copied: (request: Parameters<Handler>[1], tree: Parameters<Handler>[0]['tree']) => number = (
  request,
  tree,
) => {
  const { fromHandle, fromOffset, toHandle, toOffset, length } = request.read(message.copyRequest);
  const count = Math.min(length, COPY_MAX_BYTES);
  return tree.copy({ fd: fromHandle, offset: fromOffset }, { fd: toHandle, offset: toOffset }, count);
};

/** Others wait meanwhile, so a call copies a part, as the kernel's own may (it stops after 2 GiB). */
const COPY_MAX_BYTES = 64 << 20;

export const copyFileRange: Handler = ({ tree }, request, answer) => {
  answer.put(message.writtenAnswer, { size: copied(request, tree) });
};

export const copyFileRange64: Handler = ({ tree }, request, answer) => {
  answer.put(message.copiedAnswer, { size: copied(request, tree) });
};

export const syncfs: Handler = ({ tree }) => {
  tree.sync();
};
