import { putAttributesAnswer, putStatx } from './attributes.ts';
import type { Handler } from './connection.ts';
import type { ValuesOf } from './layout.ts';
import * as message from './messages.ts';
import type { Time, TreeChanges } from './node-tree.ts';
import { SETATTR } from './protocol-numbers.ts';

/** Requests about what an inode says of itself. */

export const getattr: Handler = ({ tree, cache, nodeOf }, request, answer) => {
  putAttributesAnswer(answer, tree.getattr(nodeOf(request.node)), cache.validity);
};

export const statx: Handler = ({ tree, cache, nodeOf }, request, answer) => {
  putStatx(answer, tree.getattr(nodeOf(request.node)), cache.validity);
};

const PERMISSIONS = 0o7777;

const ATTRIBUTES = SETATTR.mode | SETATTR.uid | SETATTR.gid | SETATTR.size | SETATTR.atime | SETATTR.mtime;

export const setattr: Handler = ({ tree, cache, nodeOf }, request, answer) => {
  const changes = changesOf(request.read(message.setattrRequest));
  putAttributesAnswer(answer, tree.setattr(nodeOf(request.node), changes), cache.validity);
};

/** (uid_t)-1: the owner stays, but the file has been given away all the same. */
const SAME_OWNER = 0xffffffff;

/** A request that changes nothing is a chown(-1, -1), which takes the set-user-ID bits away as every chown does. */
function changesOf(asked: ValuesOf<typeof message.setattrRequest>): TreeChanges {
  const { valid, mode, uid, gid, size } = asked;
  const has = (flag: number): boolean => (valid & flag) !== 0;
  if (!has(ATTRIBUTES)) return { uid: SAME_OWNER };
  return {
    ...(has(SETATTR.mode) && { mode: mode & PERMISSIONS }),
    ...(has(SETATTR.uid) && { uid }),
    ...(has(SETATTR.gid) && { gid }),
    ...(has(SETATTR.size) && { size, losesPrivileges: has(SETATTR.killPrivileges) }),
    ...(has(SETATTR.atime) && {
      atime: has(SETATTR.atimeNow) ? 'now' : time(asked.atime, asked.atimeNanoseconds),
    }),
    ...(has(SETATTR.mtime) && {
      mtime: has(SETATTR.mtimeNow) ? 'now' : time(asked.mtime, asked.mtimeNanoseconds),
    }),
  };
}

const time = (seconds: number, nanoseconds: number): Time => ({ seconds, nanoseconds });

export const readlink: Handler = ({ tree, nodeOf }, request, answer) => {
  answer.putBytes(tree.encodeName(tree.readlink(nodeOf(request.node))));
};

/** Only of kernels that were not told to check permissions themselves. */
export const access: Handler = ({ tree, nodeOf }, request) => {
  const { mask } = request.read(message.accessRequest);
  tree.access(nodeOf(request.node), mask, request.uid, request.gid);
};

export const statfs: Handler = ({ tree }, _request, answer) => {
  const { blockSize, ...counts } = tree.statfs();
  answer.put(message.statfsAnswer, { ...counts, blockSize, fragmentSize: blockSize });
};
