import { constants } from 'node:fs';
import type { FuseAnswer } from './answer.ts';
import { decodeDevice, nodeTypeOf, putEntry } from './attributes.ts';
import { FuseFailure, type FuseConnection, type Handler } from './connection.ts';
import * as message from './messages.ts';
import { openFlagsOf, putOpened } from './open-flags.ts';
import { RENAME } from './protocol-numbers.ts';
import type { TreeEntry } from './node-tree.ts';
import type { FuseRequest } from './request.ts';

/** Requests about names: finding, making, moving and taking them away. */

const PERMISSIONS = 0o7777;

const tell = ({ cache }: FuseConnection, answer: FuseAnswer, entry: TreeEntry): void => {
  putEntry(answer, entry, cache.validity);
};

export const lookup: Handler = (connection, request, answer) => {
  const { tree } = connection;
  tell(connection, answer, tree.lookup(connection.nodeOf(request.node), connection.name(request)));
};

export const symlink: Handler = (connection, request, answer) => {
  const { tree } = connection;
  const name = request.nameAt(0);
  const target = connection.name(request, name.length + 1);
  tell(connection, answer, tree.symlink(connection.nodeOf(request.node), tree.decodeName(name), target));
};

export const mknod: Handler = (connection, request, answer) => {
  const { tree } = connection;
  const { mode, device, umask } = request.read(message.mknodRequest);
  const name = connection.name(request, message.mknodRequest.size);
  const type = nodeTypeOf(mode) ?? fail('EINVAL');
  tree.actAs(request.uid, request.gid, umask);
  const node = connection.nodeOf(request.node);
  tell(connection, answer, tree.mknod(node, name, type, mode & PERMISSIONS, decodeDevice(device)));
};

export const mkdir: Handler = (connection, request, answer) => {
  const { tree } = connection;
  const { mode, umask } = request.read(message.mkdirRequest);
  const name = connection.name(request, message.mkdirRequest.size);
  tree.actAs(request.uid, request.gid, umask);
  tell(connection, answer, tree.mkdir(connection.nodeOf(request.node), name, mode & PERMISSIONS));
};

export const unlink: Handler = (connection, request) => {
  connection.tree.unlink(connection.nodeOf(request.node), connection.name(request));
};

export const rmdir: Handler = (connection, request) => {
  connection.tree.rmdir(connection.nodeOf(request.node), connection.name(request));
};

export const rename: Handler = (connection, request) => {
  const { directory } = request.read(message.renameRequest);
  move(connection, request, { directory, flags: 0, namesAt: message.renameRequest.size });
};

export const rename2: Handler = (connection, request) => {
  const { directory, flags } = request.read(message.rename2Request);
  move(connection, request, { directory, flags, namesAt: message.rename2Request.size });
};

function move(
  connection: FuseConnection,
  request: FuseRequest,
  { directory, flags, namesAt }: { directory: number; flags: number; namesAt: number },
): void {
  const { tree } = connection;
  const from = request.nameAt(namesAt);
  const to = connection.name(request, namesAt + from.length + 1);
  if ((flags & ~(RENAME.noreplace | RENAME.exchange | RENAME.whiteout)) !== 0) fail('EINVAL');
  tree.rename(connection.nodeOf(request.node), tree.decodeName(from), connection.nodeOf(directory), to, {
    noreplace: (flags & RENAME.noreplace) !== 0,
    exchange: (flags & RENAME.exchange) !== 0,
    whiteout: (flags & RENAME.whiteout) !== 0,
  });
}

export const link: Handler = (connection, request, answer) => {
  const { node } = request.read(message.linkRequest);
  const name = connection.name(request, message.linkRequest.size);
  tell(
    connection,
    answer,
    connection.tree.link(connection.nodeOf(node), connection.nodeOf(request.node), name),
  );
};

export const create: Handler = (connection, request, answer) => {
  const { tree } = connection;
  const { flags, mode, umask } = request.read(message.createRequest);
  const name = connection.name(request, message.createRequest.size);
  tree.actAs(request.uid, request.gid, umask);
  const exclusive = (flags & constants.O_EXCL) !== 0;
  const wanted = { ...openFlagsOf(flags), exclusive };
  const opened = tree.create(connection.nodeOf(request.node), name, wanted, mode & PERMISSIONS);
  tell(connection, answer, opened.entry);
  putOpened(connection, answer, opened.handle);
};

export const tmpfile: Handler = (connection, request, answer) => {
  const { tree } = connection;
  const { flags, mode, umask } = request.read(message.createRequest);
  tree.actAs(request.uid, request.gid, umask);
  const wanted = { ...openFlagsOf(flags), exclusive: (flags & constants.O_EXCL) !== 0 };
  const opened = tree.createUnnamed(connection.nodeOf(request.node), wanted, mode & PERMISSIONS);
  tell(connection, answer, opened.entry);
  putOpened(connection, answer, opened.handle);
};

export const forget: Handler = ({ tree }, request) => {
  tree.forget(request.node, request.read(message.forgetRequest).lookups);
};

export const batchForget: Handler = ({ tree }, request) => {
  const { count } = request.read(message.batchForgetRequest);
  for (let i = 0; i < count; i++) {
    const at = message.batchForgetRequest.size + i * message.forgetOne.size;
    const { node, lookups } = request.read(message.forgetOne, at);
    tree.forget(node, lookups);
  }
};

function fail(errno: string): never {
  throw new FuseFailure(errno);
}
