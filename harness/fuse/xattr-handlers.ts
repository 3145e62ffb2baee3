import type { FuseAnswer } from './answer.ts';
import { FuseFailure, type Handler } from './connection.ts';
import * as message from './messages.ts';
import { FUSE_SETXATTR_ACL_KILL_SGID, XATTR } from './protocol-numbers.ts';

/** Requests about extended attributes; the kernel keeps ACLs as attributes, too. */

export const setxattr: Handler = (connection, request) => {
  const { tree, extendedSetxattr, nodeOf } = connection;
  const known = extendedSetxattr ? message.setxattrRequest : message.oldSetxattrRequest;
  const { size, flags } = request.read(message.oldSetxattrRequest);
  const { setxattrFlags } = extendedSetxattr ? request.read(message.setxattrRequest) : { setxattrFlags: 0 };
  const name = request.nameAt(known.size);
  const start = known.size + name.length + 1;
  const wanted = { create: (flags & XATTR.create) !== 0, replace: (flags & XATTR.replace) !== 0 };
  const losesSetgid = (setxattrFlags & FUSE_SETXATTR_ACL_KILL_SGID) !== 0;
  // What is kept of a value must not be the memory of the next request.
  const value = request.body.slice(start, start + size);
  tree.setxattr(nodeOf(request.node), tree.decodeName(name), value, wanted, losesSetgid);
};

export const getxattr: Handler = (connection, request, answer) => {
  const { tree, nodeOf } = connection;
  const { size } = request.read(message.getxattrRequest);
  const name = connection.name(request, message.getxattrRequest.size);
  putValue(answer, tree.getxattr(nodeOf(request.node), name), size);
};

export const listxattr: Handler = ({ tree, nodeOf }, request, answer) => {
  const { size } = request.read(message.getxattrRequest);
  const names = tree.listxattr(nodeOf(request.node)).map((name) => tree.encodeName(`${name}\0`));
  const list = new Uint8Array(names.reduce((sum, name) => sum + name.length, 0));
  let at = 0;
  for (const name of names) {
    list.set(name, at);
    at += name.length;
  }
  putValue(answer, list, size);
};

/** Who asks with a size of 0 asks for the length. */
function putValue(answer: FuseAnswer, value: Uint8Array, size: number): void {
  if (size === 0) answer.put(message.lengthAnswer, { size: value.length });
  else if (value.length > size) throw new FuseFailure('ERANGE');
  else answer.putBytes(value);
}

export const removexattr: Handler = (connection, request) => {
  connection.tree.removexattr(connection.nodeOf(request.node), connection.name(request));
};
