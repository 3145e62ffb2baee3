import { constants } from 'node:os';
import type { FuseAnswer } from './answer.ts';
import * as attributes from './attribute-handlers.ts';
import { FuseFailure, type FuseConnection, type Handler } from './connection.ts';
import * as directories from './directory-handlers.ts';
import * as files from './file-handlers.ts';
import { init } from './init-handler.ts';
import { ioctl } from './ioctl-handler.ts';
import * as names from './name-handlers.ts';
import { OPCODE, type OpcodeName } from './protocol-numbers.ts';
import { ShortRequest, type FuseRequest } from './request.ts';
import * as xattrs from './xattr-handlers.ts';

/** Which handler answers which request. */
const HANDLERS: Readonly<Record<OpcodeName, Handler>> = {
  lookup: names.lookup,
  forget: names.forget,
  'batch-forget': names.batchForget,
  getattr: attributes.getattr,
  setattr: attributes.setattr,
  statx: attributes.statx,
  readlink: attributes.readlink,
  access: attributes.access,
  statfs: attributes.statfs,
  symlink: names.symlink,
  mknod: names.mknod,
  mkdir: names.mkdir,
  unlink: names.unlink,
  rmdir: names.rmdir,
  rename: names.rename,
  rename2: names.rename2,
  link: names.link,
  create: names.create,
  tmpfile: names.tmpfile,
  open: files.open,
  release: files.release,
  read: files.read,
  write: files.write,
  flush: files.flush,
  fsync: files.fsync,
  fallocate: files.fallocate,
  lseek: files.lseek,
  'copy-file-range': files.copyFileRange,
  'copy-file-range-64': files.copyFileRange64,
  syncfs: files.syncfs,
  opendir: directories.opendir,
  readdir: directories.readdir,
  readdirplus: directories.readdirplus,
  releasedir: files.release,
  fsyncdir: files.fsync,
  setxattr: xattrs.setxattr,
  getxattr: xattrs.getxattr,
  listxattr: xattrs.listxattr,
  removexattr: xattrs.removexattr,
  ioctl,
  init,
  // A request is answered before the next one is read, so what is to be interrupted has its answer by then.
  interrupt: () => undefined,
  destroy: (connection) => {
    connection.ended = true;
  },
};

const BY_NUMBER = new Map<number, { readonly name: OpcodeName; readonly handler: Handler }>(
  (Object.entries(HANDLERS) as [OpcodeName, Handler][]).map(([name, handler]) => [
    OPCODE[name],
    { name, handler },
  ]),
);

/** Requests that nobody waits for. */
const UNANSWERED: ReadonlySet<number> = new Set([OPCODE.forget, OPCODE['batch-forget'], OPCODE.interrupt]);

/** The name of a request, for whoever counts them. */
export const opcodeName = (opcode: number): string => BY_NUMBER.get(opcode)?.name ?? `opcode ${opcode}`;

/** EUCLEAN, which Node.js does not list. */
const MORE_ERRNOS: Readonly<Record<string, number>> = { EUCLEAN: 117 };

export const errnoNumber = (name: string): number =>
  (constants.errno as Readonly<Record<string, number>>)[name] ?? MORE_ERRNOS[name] ?? constants.errno.EIO;

/**
 * Does what a request asks. Answers the bytes for the kernel in pieces, good until the next call, or null where it expects none. What is
 * no failure of a call is thrown: the file system is broken.
 */
export function dispatch(
  connection: FuseConnection,
  request: FuseRequest,
  answer: FuseAnswer,
): readonly Uint8Array[] | null {
  answer.start();
  const errno = perform(connection, request, answer);
  return UNANSWERED.has(request.opcode) ? null : answer.finish(request.unique, errno);
}

/** Answers 0, or the number of an errno. */
function perform(connection: FuseConnection, request: FuseRequest, answer: FuseAnswer): number {
  const known = BY_NUMBER.get(request.opcode);
  if (known === undefined) return constants.errno.ENOSYS;
  try {
    connection.tree.actAs(request.uid, request.gid);
    known.handler(connection, request, answer);
    return 0;
  } catch (error) {
    if (error instanceof FuseFailure) return errnoNumber(error.errno);
    if (error instanceof ShortRequest) return constants.errno.EIO;
    const name = connection.tree.errnoOf(error);
    if (name === null) throw error;
    return errnoNumber(name);
  }
}
