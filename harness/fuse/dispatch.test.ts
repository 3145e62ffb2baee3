import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { FuseAnswer } from './answer.ts';
import { ENTRY_BYTES } from './attributes.ts';
import { FuseConnection, FuseFailure } from './connection.ts';
import { dispatch, errnoNumber } from './dispatch.ts';
import { gap, i64, layout, u16, u32, u64, words, type Layout } from './layout.ts';
import * as message from './messages.ts';
import type { NodeTree } from './node-tree.ts';
import { INIT_FLAG, INIT_FLAG_2, OPCODE } from './protocol-numbers.ts';
import { FuseRequest } from './request.ts';

const CACHE = { kernelCache: false, validity: { seconds: 1, nanoseconds: 0 } };

/** A tree of which only some calls are asked. */
function connectionTo(calls: Partial<NodeTree>): FuseConnection {
  const tree: Partial<NodeTree> = {
    root: 2,
    actAs: () => undefined,
    errnoOf: (error) => (error instanceof NoEntry ? 'ENOENT' : null),
    decodeName: (bytes) => new TextDecoder().decode(bytes),
    encodeName: (text) => new TextEncoder().encode(text),
    ...calls,
  };
  return new FuseConnection(tree as NodeTree, CACHE);
}

function ask(connection: FuseConnection, opcode: number, node: number, body: Uint8Array): Uint8Array | null {
  const bytes = new Uint8Array(message.requestHeader.size + body.length);
  message.requestHeader.write(new DataView(bytes.buffer), 0, {
    length: bytes.length,
    opcode,
    unique: { high: 0x80000000, low: 7 },
    node,
    uid: 0,
    gid: 0,
    pid: 1,
  });
  bytes.set(body, message.requestHeader.size);
  const pieces = dispatch(connection, new FuseRequest(bytes), new FuseAnswer(65_536));
  return pieces === null ? null : new Uint8Array(Buffer.concat(pieces));
}

/** A directory of these names, of which the first is at position (1, 0), the next at (1, 1); position 0 is the start, too. */
function directoryOf(names: readonly string[]): NodeTree['readdir'] {
  return (_handle, from, take) => {
    for (let low = from.low; low < names.length; low++) {
      const name = new TextEncoder().encode(names[low]);
      if (!take(name, 0, name.length, 9, 8, 1, low)) return { high: 1, low };
    }
    return { high: 1, low: names.length };
  };
}

/** What a tree throws that answers with an errno. */
class NoEntry extends Error {}

const header = (answer: Uint8Array | null) =>
  message.answerHeader.read(new DataView((answer ?? new Uint8Array(0)).buffer));

function bodyOf<V>(known: Layout<V>, values: V): Uint8Array {
  const bytes = new Uint8Array(known.size);
  known.write(new DataView(bytes.buffer), 0, values);
  return bytes;
}

test('messages have the sizes that the protocol gives them (include/uapi/linux/fuse.h, sizeof)', () => {
  const sizes: [{ readonly size: number }, number][] = [
    [message.requestHeader, 40],
    [message.answerHeader, 16],
    [message.initRequest, 64],
    [message.initAnswer, 64],
    [message.attributes, 88],
    [message.setattrRequest, 88],
    [message.statxRequest, 24],
    [message.statxAttributes, 256],
    [message.readRequest, 40],
    [message.readdirRequest, 40],
    [message.writeRequest, 40],
    [message.statfsAnswer, 80],
    [message.copyRequest, 56],
    [message.ioctlRequest, 32],
    [message.ioctlAnswer, 16],
    [message.fallocateRequest, 32],
    [message.directoryEntry, 24],
    [message.openAnswer, 16],
    [message.releaseRequest, 24],
    [message.mknodRequest, 16],
  ];
  for (const [known, size] of sizes) expect(known.size).toBe(size);
  expect(ENTRY_BYTES).toBe(128);
});

test('fields of all widths come back as they were written', () => {
  const every = layout({ a: u16, gapB: gap(2), c: u32, d: u64, e: i64, f: words });
  const values = { a: 65_535, c: 2 ** 32 - 1, d: 2 ** 53 - 1, e: -5, f: { high: 2 ** 32 - 1, low: 1 } };
  const view = new DataView(new ArrayBuffer(every.size));
  every.write(view, 0, values);
  expect(every.read(view)).toEqual(values);
});

test('an answer names its request, and an error has no body', () => {
  const connection = connectionTo({
    lookup: () => {
      throw new NoEntry();
    },
  });
  const answer = ask(connection, OPCODE.lookup, 1, new TextEncoder().encode('x\0'));
  expect(header(answer)).toEqual({
    length: 16,
    error: -constants.errno.ENOENT,
    unique: { high: 0x80000000, low: 7 },
  });
});

test('what is not known is ENOSYS, what is too short EIO; what no call answers goes through', () => {
  const connection = connectionTo({
    unlink: () => {
      throw new Error('broken');
    },
  });
  expect(header(ask(connection, 4000, 1, new Uint8Array(0))).error).toBe(-constants.errno.ENOSYS);
  expect(header(ask(connection, OPCODE.open, 1, new Uint8Array(3))).error).toBe(-constants.errno.EIO);
  expect(() => ask(connection, OPCODE.unlink, 1, new TextEncoder().encode('x\0'))).toThrow('broken');
});

test('forgetting is not answered, and counts what each node was told of', () => {
  const forgotten: [number, number][] = [];
  const connection = connectionTo({ forget: (node, lookups) => void forgotten.push([node, lookups]) });
  expect(ask(connection, OPCODE.forget, 12, bodyOf(message.forgetRequest, { lookups: 3 }))).toBeNull();
  const batch = new Uint8Array(40);
  batch.set(bodyOf(message.batchForgetRequest, { count: 2 }), 0);
  batch.set(bodyOf(message.forgetOne, { node: 13, lookups: 1 }), 8);
  batch.set(bodyOf(message.forgetOne, { node: 14, lookups: 2 }), 24);
  expect(ask(connection, OPCODE['batch-forget'], 0, batch)).toBeNull();
  expect(forgotten).toEqual([
    [12, 3],
    [13, 1],
    [14, 2],
  ]);
});

test("the kernel's root is the tree's", () => {
  let asked = 0;
  const connection = connectionTo({ rmdir: (dir) => void (asked = dir) });
  ask(connection, OPCODE.rmdir, 1, new TextEncoder().encode('x\0'));
  expect(asked).toBe(2);
});

test('init agrees on what both can, and refuses a kernel that is too old', () => {
  const connection = connectionTo({});
  const offered = {
    major: 7,
    minor: 45,
    maxReadahead: 131_072,
    flags: (INIT_FLAG.initExtension | INIT_FLAG.setxattrExtension | (1 << 1)) >>> 0,
    flags2: INIT_FLAG_2.directIoAllowMmap | 1,
  };
  const answer = ask(connection, OPCODE.init, 0, bodyOf(message.initRequest, offered));
  const agreed = message.initAnswer.read(new DataView((answer ?? new Uint8Array(0)).buffer), 16);
  expect(agreed).toMatchObject({
    major: 7,
    minor: 39,
    flags: (INIT_FLAG.initExtension | INIT_FLAG.setxattrExtension) >>> 0,
    flags2: INIT_FLAG_2.directIoAllowMmap,
  });
  expect([connection.extendedSetxattr, connection.mapsDirectFiles]).toEqual([true, true]);
  const old = bodyOf(message.initRequest, { ...offered, minor: 12 });
  expect(header(ask(connection, OPCODE.init, 0, old)).error).toBe(-constants.errno.EPROTO);
});

test('a listing stops before the entry that has no room, and entries begin at multiples of eight', () => {
  const connection = connectionTo({ readdir: directoryOf(['a', 'bcdefghij', 'k']) });
  const request = bodyOf(message.readdirRequest, { handle: 3, position: { high: 0, low: 0 }, size: 80 });
  const answer = ask(connection, OPCODE.readdir, 1, request) ?? new Uint8Array(0);
  // 24 + 1 bytes and 24 + 9 bytes, filled up to 32 and 40; the third would end at byte 104.
  expect(answer.length).toBe(16 + 32 + 40);
  const second = message.directoryEntry.read(new DataView(answer.buffer), 16 + 32);
  expect(second).toEqual({ ino: 9, next: { high: 1, low: 2 }, nameLength: 9, type: 8 });
});

test('who begins to read a directory is told the attributes of its first entries only, and of . and .. none', () => {
  const told: number[] = [];
  const time = { seconds: 1, nanoseconds: 2 };
  const attributes = {
    ino: 9,
    type: 'file',
    mode: 0o644,
    links: 1,
    uid: 0,
    gid: 0,
    size: 5,
    sectors: 8,
  } as const;
  const times = { atime: time, mtime: time, ctime: time, born: time };
  const connection = connectionTo({
    readdir: directoryOf(['.', '..', ...Array.from({ length: 40 }, (_, i) => `name ${i}`)]),
    entryOf: (ino) => {
      told.push(ino);
      return { node: ino, generation: 1, attributes: { ...attributes, ...times, blockSize: 4096 } };
    },
  });
  const from = (low: number): number => {
    told.length = 0;
    const request = bodyOf(message.readdirRequest, { handle: 3, position: { high: 0, low }, size: 32_768 });
    const { length } = ask(connection, OPCODE.readdirplus, 1, request) ?? new Uint8Array(0);
    return length;
  };
  // 24 + 1 and 24 + 2 bytes, filled up to 32; 24 + 6 or 7 as well; each behind its attributes.
  expect(from(0)).toBe(16 + 16 * (ENTRY_BYTES + 32));
  expect(told.length).toBe(14);
  from(16);
  expect(told.length).toBe(26);
});

test('what is read in large pieces is handed on from where it lies, the rest is copied', () => {
  const file = new Uint8Array(40_000).map((_, i) => i % 251);
  const calls: string[] = [];
  const connection = connectionTo({
    read: (_handle, target, offset) => {
      calls.push('read');
      target.set(file.subarray(offset, offset + target.length));
      return Math.min(target.length, file.length - offset);
    },
    splice: (_handle, offset, length) => {
      calls.push('splice');
      return [file.subarray(offset, offset + 5), file.subarray(offset + 5, offset + length)];
    },
  });
  for (const size of [4096, 65_536]) {
    const request = bodyOf(message.readRequest, { handle: 3, offset: 100, size, readFlags: 0, flags: 0 });
    const answer = ask(connection, OPCODE.read, 1, request) ?? new Uint8Array(0);
    expect(header(answer)).toMatchObject({ length: answer.length, error: 0 });
    expect(Buffer.from(answer.subarray(16)).equals(file.subarray(100, 100 + size))).toBe(true);
  }
  expect(calls).toEqual(['read', 'splice']);
});

test('an error has no pieces, whatever was lent before', () => {
  const answer = new FuseAnswer(65_536);
  answer.start();
  answer.lend([new Uint8Array(40_000)]);
  expect(answer.finish({ high: 0, low: 1 }, constants.errno.EIO).map(({ length }) => length)).toEqual([16]);
});

test('EUCLEAN has its number, and what has none is EIO', () => {
  expect([errnoNumber('EUCLEAN'), errnoNumber('ENODATA'), errnoNumber('no such')]).toEqual([
    117,
    constants.errno.ENODATA,
    constants.errno.EIO,
  ]);
  expect(new FuseFailure('ENOTTY').errno).toBe('ENOTTY');
});
