import { mkdtempSync, readdirSync, rmSync, writeSync, openSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Partner } from '../../process.ts';
import { Area } from './area.ts';
import { encodeFrame } from './channel.ts';
import { Performer, type Asked, type Told } from './performer.ts';

/** guest/shared_answers.py says how answers lie in the area; docs/guest-protocol.md what they mean. */

const folder = mkdtempSync(join(tmpdir(), 'shared-answers-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const told = (operation: Told['operation'], data = new Uint8Array(0)): Told => ({ operation, data });
const answersOf = (asked: readonly Asked[]): Promise<unknown[]> =>
  Promise.all(asked.map(async (one) => (await one.later()).value));

const HELLO = {
  ...{ version: 4, kernel: 'none', uid: 0, gid: 0, resources: true, rawIo: true, protectedHardlinks: true },
  area: true,
};

/** A performer that dies of its first operations, and what it had put into the area by then. */
async function dying(records: Buffer): Promise<Performer> {
  const area = new Area(folder);
  const file = openSync(area.path ?? '', 'r+');
  let die = (): void => undefined;
  const ended = new Promise<string>((resolve) => {
    die = () => {
      writeSync(file, records, 0, records.length, 0);
      closeSync(file);
      resolve('ended with SIGKILL');
    };
  });
  const start = (onBytes: (bytes: Buffer) => void): Partner => {
    queueMicrotask(() => onBytes(encodeFrame(HELLO)));
    return {
      send: (bytes) => {
        if (Buffer.from(bytes).includes('"perform"')) die();
        else onBytes(encodeFrame({}));
      },
      kill: die,
      end: die,
      ended,
    };
  };
  return Performer.over(start, 10_000, area);
}

/** The part of the first request: its number, so many answers, the time, and the answers. */
function part(request: number, ...records: Buffer[]): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(request, 0);
  head.writeUInt32LE(records.length, 4);
  head.writeDoubleLE(1000, 8);
  return Buffer.concat([head, ...records]);
}

function record(kind: number, rest: Buffer): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.writeInt32LE(-5, 0);
  bytes.writeInt32LE(7, 4);
  bytes.writeUInt32LE(kind, 8);
  rest.copy(bytes, 12);
  return bytes;
}

const THREE = [{ op: 'mkdir' }, { op: 'rmdir' }, { op: 'sync' }].map((operation) => told(operation));

test('what was answered before a performer died is known, and so is the operation that it died of', async () => {
  const performer = await dying(part(1, record(0, Buffer.alloc(0)), record(2, Buffer.from('ENOTEMPTY'))));
  const [made, removed, synced] = performer.perform(THREE);
  await expect(synced?.later()).rejects.toThrow('ended with SIGKILL');
  expect(await made?.later()).toMatchObject({ value: { kind: 'done' }, window: [995, 1007] });
  expect(await removed?.later()).toMatchObject({ errno: 'ENOTEMPTY', window: [995, 1007] });
});

test('what an older request has left is nobody’s answer', async () => {
  const performer = await dying(part(5, record(0, Buffer.alloc(0))));
  const [made] = performer.perform(THREE);
  await expect(made?.later()).rejects.toThrow('ended with SIGKILL');
});

test('what has no room in the area comes over the line, in its order', async () => {
  const place = { kind: 'folder', folder: mkdtempSync(join(folder, 'root-')) };
  const performer = await Performer.here(folder);
  try {
    expect(readdirSync(folder).filter((name) => name.startsWith('area-'))).toEqual([]);
    await performer.call({ call: 'stand', place, paced: false });
    const length = 300_000;
    const bytes = Uint8Array.from({ length: length + 64 }, (_, index) => (index * 31) >> 3);
    const flags = { create: true };
    const opened = performer.perform([
      told({ op: 'open', as: 'fd', path: 'f', access: 'read-write', flags, mode: 0o600 }),
      told({ op: 'pwrite', handle: 'fd', offset: 0 }, bytes),
    ]);
    expect(await answersOf(opened)).toEqual([{ kind: 'done' }, { kind: 'count', count: bytes.length }]);
    // A part of the area has 4 MiB.
    const offsets = Array.from({ length: 30 }, (_, index) => index);
    const reads = performer.perform(
      offsets.flatMap((offset) => [
        told({ op: 'pread', handle: 'fd', offset, length }),
        told({ op: 'seek', handle: 'fd', whence: 'set', offset }),
      ]),
    );
    for (const offset of offsets) {
      const read = await reads[2 * offset]?.later();
      expect(Buffer.compare(read?.data ?? bytes, bytes.subarray(offset, offset + length))).toBe(0);
      expect(await reads[2 * offset + 1]?.later()).toMatchObject({ value: { kind: 'count', count: offset } });
    }
    const listed = performer.perform([told({ op: 'readdir', path: '.' })]);
    expect(await answersOf(listed)).toEqual([{ kind: 'entries', entries: [{ name: 'f', type: 'file' }] }]);
  } finally {
    performer.kill();
  }
});
