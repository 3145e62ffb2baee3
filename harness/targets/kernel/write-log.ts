import { closeSync, openSync, readSync } from 'node:fs';
import type { RecordedWrite } from '../../crash/crash-target.ts';

/** struct log_write_super and its entries (drivers/md/dm-log-writes.c): numbers of 64 bits, little endian. */
const MAGIC = 0x6a736677736872n;
const VERSION = 1n;
const FLAG = { flush: 1, fua: 2, discard: 4, mark: 8 } as const;
const SECTOR_BYTES = 512;
const ENTRY_BYTES = 32;

/** More entries than any program of ours writes. */
const ENTRIES_MAX = 1_000_000;

/** What dm-log-writes wrote down: writes in the order in which they became durable, and where among them each mark stands. */
export interface WriteLog {
  readonly writes: readonly RecordedWrite[];
  /** By the words of a mark: so many writes were there before it. */
  readonly marks: ReadonlyMap<string, number>;
}

/** A log that cannot be read. The message says what and where. */
export class WriteLogError extends Error {
  override readonly name = 'WriteLogError';
}

/** Reads a log from a file. */
export function readWriteLog(path: string): WriteLog {
  const file = openSync(path, 'r');
  try {
    return parseLog((offset, length) => {
      const bytes = Buffer.alloc(length);
      if (readSync(file, bytes, 0, length, offset) < length)
        throw new WriteLogError(`${path}: it ends before byte ${offset + length}`);
      return bytes;
    }, path);
  } finally {
    closeSync(file);
  }
}

function parseLog(bytes: (offset: number, length: number) => Buffer, where: string): WriteLog {
  const head = bytes(0, SECTOR_BYTES);
  if (head.readBigUInt64LE(0) !== MAGIC || head.readBigUInt64LE(8) !== VERSION)
    throw new WriteLogError(`${where}: no log of dm-log-writes, version 1`);
  const count = Number(head.readBigUInt64LE(16));
  const sectorBytes = head.readUInt32LE(24);
  if (count > ENTRIES_MAX || sectorBytes % SECTOR_BYTES !== 0 || sectorBytes === 0)
    throw new WriteLogError(`${where}: ${count} entries of sectors of ${sectorBytes} bytes`);
  const writes: RecordedWrite[] = [];
  const marks = new Map<string, number>();
  let at = sectorBytes;
  for (let index = 0; index < count; index++) {
    const entry = bytes(at, sectorBytes);
    const [sector = 0, sectors = 0, flags = 0, length = 0] = [0, 8, 16, 24].map((field) =>
      Number(entry.readBigUInt64LE(field)),
    );
    at += sectorBytes;
    if ((flags & FLAG.mark) !== 0) {
      marks.set(entry.toString('utf8', ENTRY_BYTES, ENTRY_BYTES + length), writes.length);
      continue;
    }
    // Its sectors hold anything afterwards, and belong to nobody.
    if ((flags & FLAG.discard) !== 0) continue;
    const data = bytes(at, sectors * sectorBytes);
    at += data.length;
    writes.push({
      sector: (sector * sectorBytes) / SECTOR_BYTES,
      data,
      preflush: (flags & FLAG.flush) !== 0,
      fua: (flags & FLAG.fua) !== 0 && sectors > 0,
    });
  }
  return { writes, marks };
}
