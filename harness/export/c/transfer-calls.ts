import type { Operation, RwfFlag, TransferOptions } from '../../../model/index.ts';
import { number } from './words.ts';
import { args, type CWriter } from './writer.ts';

export type Transfer = Extract<Operation, { op: 'read' | 'pread' | 'write' | 'pwrite' }>;

/** RWF_* of linux/fs.h; the newest one is in no header of an older system. */
const RWF: Readonly<Record<RwfFlag, string>> = {
  append: 'RWF_APPEND',
  dsync: 'RWF_DSYNC',
  sync: 'RWF_SYNC',
  nowait: 'RWF_NOWAIT',
  dontcache: '0x80 /* RWF_DONTCACHE */',
};

/** A read or a write, as plainly as it can be called. */
export function writeTransfer(operation: Transfer, writer: CWriter): void {
  const plain = !('rwf' in operation) && isOnePiece(operation);
  if (operation.op === 'read' || operation.op === 'pread') writeRead(operation, plain, writer);
  else writeWrite(operation, plain, writer);
}

const isOnePiece = ({ pieces, faultAt, misaligned }: TransferOptions): boolean =>
  pieces === undefined && faultAt === undefined && misaligned === undefined;

function writeRead(
  operation: Extract<Transfer, { op: 'read' | 'pread' }>,
  plain: boolean,
  writer: CWriter,
): void {
  const { handle, length } = operation;
  const fd = writer.variable(handle);
  if (plain) {
    writer.needsBuffer(length);
    const where = operation.op === 'pread' ? [operation.offset] : [];
    writer.data(`${operation.op}(${args(fd, 'buffer', length, ...where)})`);
    return;
  }
  writer.use('pieces').plain(`at = lay(${args(length, ...layout(operation))});`);
  writer.data(vectorCall('preadv2', fd, operation), 'at');
}

function writeWrite(
  operation: Extract<Transfer, { op: 'write' | 'pwrite' }>,
  plain: boolean,
  writer: CWriter,
): void {
  const { handle, content } = operation;
  const fd = writer.variable(handle);
  if (plain) {
    const bytes = `content(${args(content.seed, content.length)})`;
    const where = operation.op === 'pwrite' ? [operation.offset] : [];
    writer.use('content').check(`${operation.op}(${args(fd, bytes, content.length, ...where)})`);
    return;
  }
  writer.use('pieces').plain(`lay_content(${args(content.seed, content.length, ...layout(operation))});`);
  writer.check(vectorCall('pwritev2', fd, operation));
}

const layout = ({ faultAt, misaligned, pieces }: TransferOptions): (string | number)[] => [
  faultAt ?? -1,
  misaligned ?? 0,
  pieces === undefined ? 'ONE_PIECE' : `PIECES(${pieces.map(number).join(', ')})`,
];

/** Offset -1 means the position to preadv2(2); a case that means a negative offset gets another one, which is EINVAL as well. */
function vectorCall(name: string, fd: string, operation: Transfer): string {
  const offset = 'offset' in operation ? operation.offset : null;
  const where = offset === null ? -1 : offset === -1 ? -2 : offset;
  const flags = (operation.rwf ?? []).map((flag) => RWF[flag]).join(' | ');
  return `${name}(${args(fd, 'vector', 'vectors', where, flags || '0')})`;
}
