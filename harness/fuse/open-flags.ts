import { constants } from 'node:fs';
import type { FuseAnswer } from './answer.ts';
import type { FuseConnection } from './connection.ts';
import * as message from './messages.ts';
import type { TreeOpenFlags } from './node-tree.ts';
import { OPEN_ANSWER } from './protocol-numbers.ts';

/** The flags of open(2) as a request has them, which are those of the machine. */

const O_ACCMODE = 3;

/** O_SYNC is O_DSYNC and a bit more. */
const isSync = (flags: number): boolean => (flags & constants.O_SYNC) === constants.O_SYNC;

export const isDirect = (flags: number): boolean => (flags & constants.O_DIRECT) !== 0;

export function openFlagsOf(flags: number): TreeOpenFlags {
  const mode = flags & O_ACCMODE;
  return {
    access: mode === constants.O_RDONLY ? 'read' : mode === constants.O_WRONLY ? 'write' : 'read-write',
    truncate: (flags & constants.O_TRUNC) !== 0,
    append: (flags & constants.O_APPEND) !== 0,
    sync: isSync(flags),
    dsync: (flags & constants.O_DSYNC) !== 0,
  };
}

/** What is said of an open file. Nothing happens when a descriptor of it is closed, so nobody need tell us. */
export function putOpened({ cache }: FuseConnection, answer: FuseAnswer, handle: number): void {
  const how = cache.kernelCache ? OPEN_ANSWER.keepCache : OPEN_ANSWER.directIo;
  answer.put(message.openAnswer, { handle, openFlags: how | OPEN_ANSWER.noFlush });
}
