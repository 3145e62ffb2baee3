import type { FileSystem } from '../../../generated/impl/index.ts';
import type { Handle, Operation, Outcome, TransferOptions } from '../../../model/index.ts';
import { contentBytes } from '../../content.ts';
import type { ReadBuffer } from '../read-buffer.ts';
import { counted, data, DONE } from './outcomes.ts';

/** Reads, writes, copies between files, advice about them, and what makes them durable. */

const NAMES = [
  'read',
  'pread',
  'write',
  'pwrite',
  'copy-file-range',
  'sendfile',
  'readahead',
  'fadvise',
  'sync-file-range',
  'syncfs',
] as const satisfies Operation['op'][];

export type TransferOperation = Extract<Operation, { op: (typeof NAMES)[number] }>;

const IS_TRANSFER: ReadonlySet<string> = new Set(NAMES);

export const isTransfer = (operation: Operation): operation is TransferOperation =>
  IS_TRANSFER.has(operation.op);

/** The descriptor that a name means. */
type FindDescriptor = (handle: Handle) => number;

/** What makes a call one of vectors; nothing for read(2), pread(2), write(2) and pwrite(2). */
export function vectorOf({ rwf, pieces, faultAt, misaligned }: TransferOptions): TransferOptions | undefined {
  const isPlain =
    rwf === undefined && pieces === undefined && faultAt === undefined && misaligned === undefined;
  if (isPlain) return undefined;
  return {
    ...(rwf && { rwf }),
    ...(pieces && { pieces }),
    ...(faultAt !== undefined && { faultAt }),
    ...(misaligned !== undefined && { misaligned }),
  };
}

export function performTransfer(
  fs: FileSystem,
  operation: TransferOperation,
  fdOf: FindDescriptor,
  reads: ReadBuffer,
): Outcome {
  switch (operation.op) {
    case 'read': {
      const buffer = reads.take(operation.length);
      return data(buffer, fs.read(fdOf(operation.handle), buffer, vectorOf(operation)));
    }
    case 'pread': {
      const buffer = reads.take(operation.length);
      const { handle, offset } = operation;
      return data(buffer, fs.pread(fdOf(handle), buffer, offset, vectorOf(operation)));
    }
    case 'write':
      return counted(fs.write(fdOf(operation.handle), contentBytes(operation.content), vectorOf(operation)));
    case 'pwrite': {
      const { handle, content, offset } = operation;
      return counted(fs.pwrite(fdOf(handle), contentBytes(content), offset, vectorOf(operation)));
    }
    case 'copy-file-range': {
      const from = { fd: fdOf(operation.from), offset: operation.fromOffset };
      const to = { fd: fdOf(operation.to), offset: operation.toOffset };
      return counted(fs.copyFileRange(from, to, operation.length));
    }
    case 'sendfile': {
      const from = { fd: fdOf(operation.from), offset: operation.fromOffset };
      return counted(fs.sendfile(fdOf(operation.to), from, operation.length));
    }
    default:
      adviseOrSync(fs, operation, fdOf(operation.handle));
      return DONE;
  }
}

type AdviceOrSync = Extract<
  TransferOperation,
  { op: 'readahead' | 'fadvise' | 'sync-file-range' | 'syncfs' }
>;

function adviseOrSync(fs: FileSystem, operation: AdviceOrSync, fd: number): void {
  switch (operation.op) {
    case 'readahead':
      return fs.readahead(fd, operation.offset, operation.length);
    case 'fadvise':
      return fs.fadvise(fd, operation.offset, operation.length, operation.advice);
    case 'sync-file-range':
      return fs.syncFileRange(fd, operation.offset, operation.length, operation.wait, operation.write);
    case 'syncfs':
      return fs.syncfs(fd);
  }
}
