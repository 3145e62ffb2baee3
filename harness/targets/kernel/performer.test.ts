import { execa } from 'execa';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { findProgram } from '../../process.ts';
import { Performer, type PerformerAnswer } from './performer.ts';

/** What ext4 of any kernel answers, by fallocate(2), mmap(2), preadv2(2) and their kin. */

type Asked = Readonly<Record<string, unknown>> & { readonly op: string };

const RANDOM = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 7 + 1) & 255);

const DONE = { kind: 'done' };
const counted = (count: number): unknown => ({ kind: 'count', count });

describe('the performer on a loop mount', () => {
  const folder = mkdtempSync(join(tmpdir(), 'performer-test-'));
  const stuckFolder = mkdtempSync(join(tmpdir(), 'performer-test-'));
  let performer: Performer | null = null;
  let reason: string | null = null;

  beforeAll(async () => {
    reason =
      process.getuid?.() === 0 && existsSync('/dev/loop-control') ? null : 'no root, or no loop devices';
    if (reason !== null) return;
    const image = join(folder, 'image');
    await execa(findProgram('mke2fs') ?? 'mke2fs', ['-q', '-t', 'ext4', '-b', '1024', image, '32M']);
    performer = await Performer.here();
    await performer.call({ call: 'separate' });
    const place = { kind: 'loop', image, folder, type: 'ext4', options: ['noatime', 'noinit_itable'] };
    const stood = await performer.call({ call: 'stand', place, paced: false });
    reason = stood.error ?? null;
  });

  afterAll(async () => {
    await performer?.end();
    rmSync(folder, { recursive: true });
    rmSync(stuckFolder, { recursive: true });
  });

  async function ask(operation: Asked, data: Uint8Array = new Uint8Array(0)): Promise<unknown> {
    performer?.goOn();
    const [answer] = await Promise.all(
      performer?.perform([{ operation, data }]).map((asked) => asked.later()) ?? [],
    );
    return meaning(answer);
  }

  /** A file of its own for each test, with so many bytes. */
  async function file(handle: string, length: number, flags: readonly string[] = []): Promise<void> {
    const flagged = Object.fromEntries(['create', ...flags].map((flag) => [flag, true]));
    const open = { op: 'open', as: handle, path: handle, access: 'read-write', flags: flagged, mode: 0o600 };
    expect(await ask(open)).toEqual(DONE);
    if (length > 0)
      expect(await ask({ op: 'pwrite', handle, offset: 0 }, RANDOM(length))).toEqual(counted(length));
  }

  const asked = (name: string, body: () => Promise<void>): void =>
    test(name, async (context: TestContext) => {
      if (reason !== null) context.skip(`unknown: ${reason}`);
      await body();
    });

  asked('fallocate, SEEK_DATA, SEEK_HOLE and FIEMAP', async () => {
    await file('fd1', 8192);
    const fallocate = (mode: string, offset: number, length: number): Promise<unknown> =>
      ask({ op: 'fallocate', handle: 'fd1', mode, offset, length });
    const seek = (whence: string, offset: number): Promise<unknown> =>
      ask({ op: 'seek', handle: 'fd1', whence, offset });
    expect(await fallocate('punch', 1024, 2048)).toEqual(DONE);
    expect([await seek('hole', 0), await seek('data', 1024)]).toEqual([counted(1024), counted(3072)]);
    expect(await fallocate('collapse', 1000, 1024)).toBe('EINVAL');
    expect(await fallocate('collapse', 1024, 2048)).toEqual(DONE);
    expect(await seek('end', 0)).toEqual(counted(6144));
    expect(await fallocate('insert', 0, 1024)).toEqual(DONE);
    expect(await seek('data', 0)).toEqual(counted(1024));
    expect(await seek('data', 7168)).toBe('ENXIO');
    expect(await fallocate('keep-size', 7168, 1024)).toEqual(DONE);
    expect(await seek('end', 0)).toEqual(counted(7168));
    expect(await fallocate('zero', 1024, 1024)).toEqual(DONE);
    expect(await ask({ op: 'pread', handle: 'fd1', offset: 1024, length: 2 })).toEqual(Uint8Array.of(0, 0));
    const map = (await ask({ op: 'fiemap', path: 'fd1', offset: 0, length: 2 ** 40, sync: true })) as {
      readonly extents: readonly {
        readonly offset: number;
        readonly length: number;
        readonly flags: number;
      }[];
    };
    // Unwritten is FIEMAP_EXTENT_UNWRITTEN, 0x800: what was zeroed, and what was allocated beyond the end.
    expect(map.extents.map(({ offset, length, flags }) => [offset, length, flags & 0x800])).toEqual([
      [1024, 1024, 0x800],
      [2048, 5120, 0],
      [7168, 1024, 0x800],
    ]);
    expect(await ask({ op: 'bmap', path: 'fd1', block: 0 })).toEqual(counted(0));
    expect(await ask({ op: 'bmap', path: 'fd1', block: 2 })).not.toEqual(counted(0));
  });

  asked('O_DIRECT needs aligned memory, lengths and offsets, and gets them', async () => {
    await file('fd2', 8192, ['direct']);
    const read = (more: object): Promise<unknown> =>
      ask({ op: 'pread', handle: 'fd2', offset: 0, length: 4096, ...more });
    expect(await read({})).toEqual(RANDOM(4096));
    expect(await read({ misaligned: 512 })).toEqual(RANDOM(4096));
    expect(await read({ misaligned: 1 })).toBe('EINVAL');
    expect(await read({ offset: 1 })).toBe('EINVAL');
    expect(await read({ pieces: [1024, 1024] })).toEqual(RANDOM(4096));
  });

  asked('pieces, and memory that ends in the middle', async () => {
    await file('fd3', 0);
    const write = (more: object): Promise<unknown> =>
      ask({ op: 'pwrite', handle: 'fd3', offset: 0, ...more }, RANDOM(10_000));
    expect(await write({ pieces: [1, 0, 5000] })).toEqual(counted(10_000));
    const read = (more: object): Promise<unknown> =>
      ask({ op: 'pread', handle: 'fd3', offset: 0, length: 10_000, ...more });
    expect(await read({ pieces: [4096, 3] })).toEqual(RANDOM(10_000));
    expect(await read({ faultAt: 0 })).toBe('EFAULT');
    expect(await read({ faultAt: 5001 })).toEqual(RANDOM(5001));
    expect(await read({ faultAt: 5001, pieces: [4000, 500] })).toEqual(RANDOM(5001));
    expect(await write({ faultAt: 0 })).toBe('EFAULT');
    expect(await ask({ op: 'read', handle: 'fd3', length: 3, rwf: ['nowait'] })).toEqual(RANDOM(3));
    expect(
      await ask({ op: 'pwrite', handle: 'fd3', offset: 0, rwf: ['append', 'dsync'] }, RANDOM(3)),
    ).toEqual(counted(3));
    expect(await ask({ op: 'seek', handle: 'fd3', whence: 'end', offset: 0 })).toEqual(counted(10_003));
  });

  asked('what would be SIGBUS ends a load or a store', async () => {
    await file('fd4', 5000);
    const range = { offset: 0, length: 12_288 };
    expect(
      await ask({ op: 'mmap', as: 'map1', handle: 'fd4', ...range, sharing: 'shared', access: 'read-write' }),
    ).toEqual(DONE);
    const load = async (offset: number, length: number): Promise<unknown> =>
      ask({ op: 'load', mapping: 'map1', offset, length });
    const store = (offset: number, length: number): Promise<unknown> =>
      ask({ op: 'store', mapping: 'map1', offset }, RANDOM(length));
    expect(await load(4999, 3)).toEqual(Uint8Array.of(RANDOM(5000)[4999] ?? 0, 0, 0));
    expect(await store(8190, 5)).toEqual(counted(2));
    expect([await store(8192, 5), await load(8192, 1)]).toEqual(['EFAULT', 'EFAULT']);
    expect(await store(0, 3)).toEqual(counted(3));
    expect(await ask({ op: 'msync', mapping: 'map1', offset: 0, length: 4096, mode: 'sync' })).toEqual(DONE);
    expect(await ask({ op: 'ftruncate', handle: 'fd4', size: 0 })).toEqual(DONE);
    expect(await load(0, 1)).toBe('EFAULT');
    expect(await ask({ op: 'munmap', mapping: 'map1' })).toEqual(DONE);
  });

  asked('copies within the kernel', async () => {
    await file('fd5', 3000);
    await file('fd6', 0);
    const copy = {
      op: 'copy-file-range',
      from: 'fd5',
      to: 'fd6',
      fromOffset: 1000,
      toOffset: null,
      length: 4000,
    };
    expect(await ask(copy)).toEqual(counted(2000));
    expect(await ask({ op: 'sendfile', from: 'fd5', to: 'fd6', fromOffset: 2999, length: 4000 })).toEqual(
      counted(1),
    );
    expect(await ask({ op: 'pread', handle: 'fd6', offset: 0, length: 9000 })).toEqual(
      Uint8Array.of(...RANDOM(3000).subarray(1000), RANDOM(3000)[2999] ?? 0),
    );
  });

  asked('advice, syncing ranges, and the whole file system', async () => {
    await file('fd7', 3000);
    for (const operation of [
      { op: 'readahead', handle: 'fd7', offset: 0, length: 3000 },
      { op: 'fadvise', handle: 'fd7', offset: 0, length: 0, advice: 'dontneed' },
      { op: 'sync-file-range', handle: 'fd7', offset: 0, length: 0, wait: 'both', write: true },
      { op: 'syncfs', handle: 'fd7' },
      { op: 'writeback', path: 'fd7', offset: 0, length: 0 },
      { op: 'reclaim', path: 'fd7', offset: 0, length: 0 },
      { op: 'freeze' },
      { op: 'thaw' },
      { op: 'drop-caches' },
      { op: 'reconfigure', options: ['dioread_lock'] },
      { op: 'remount' },
    ]) {
      expect([operation.op, await ask(operation)]).toEqual([operation.op, DONE]);
    }
    expect(await ask({ op: 'thaw' })).toBe('EINVAL');
    expect(await ask({ op: 'fstat', handle: 'fd7' })).toBe('EBADF');
    expect(await ask({ op: 'reconfigure', options: ['nodelalloc'] })).toBe('EINVAL');
    expect(await ask({ op: 'trim', start: 0, length: 2 ** 40, minimum: 0 })).toMatchObject({ kind: 'count' });
  });

  asked('MOVE_EXT gives a file the blocks of another', async () => {
    await file('fd8', 4096);
    await file('fd9', 4096);
    expect(await ask({ op: 'sync' })).toEqual(DONE);
    const move = { op: 'move-extent', handle: 'fd8', donor: 'fd9', offset: 0, donorOffset: 0, length: 4 };
    const blocks = (path: string): Promise<unknown> => ask({ op: 'bmap', path, block: 0 });
    const before = [await blocks('fd8'), await blocks('fd9')];
    expect(await ask(move)).toEqual(counted(4));
    // The donor's are unwritten now: it has lost what it was, as one sees when memory has forgotten it, too.
    expect([await blocks('fd8'), await blocks('fd9')]).toEqual([before[1], counted(0)]);
    expect(await ask({ op: 'reclaim', path: 'fd9', offset: 0, length: 4096 })).toEqual(DONE);
    const read = (handle: string): Promise<unknown> => ask({ op: 'pread', handle, offset: 0, length: 4096 });
    expect([await read('fd8'), await read('fd9')]).toEqual([RANDOM(4096), new Uint8Array(4096)]);
  });

  asked('answers do not wait for an operation that never comes back', async () => {
    const stuck = await Performer.here();
    try {
      const fifo = { op: 'mknod', path: 'fifo', type: 'fifo', mode: 0o600, device: { major: 0, minor: 0 } };
      const open = { op: 'open', as: 'fd1', path: 'fifo', access: 'read', flags: {}, mode: 0 };
      await stuck.call({ call: 'stand', place: { kind: 'folder', folder: stuckFolder }, paced: false });
      const told = [fifo, open].map((operation) => ({ operation, data: new Uint8Array(0) }));
      const [made, opened] = stuck.perform(told);
      expect(await made?.later()).toMatchObject({ value: DONE });
      expect(opened?.answer).toBe(null);
    } finally {
      stuck.kill();
    }
  });

  asked('what comes behind a full file system is skipped', async () => {
    await file('fd10', 0);
    const data = RANDOM(40 << 20);
    const told = [
      { operation: { op: 'pwrite', handle: 'fd10', offset: 0 }, data },
      { operation: { op: 'fsync', handle: 'fd10' }, data: new Uint8Array(0) },
    ];
    const [full, behind] = await Promise.all(performer?.perform(told).map((asked) => asked.later()) ?? []);
    expect(full).toMatchObject({ halted: true, value: { kind: 'count' } });
    expect(behind).toMatchObject({ skipped: true });
  });
});

function meaning(answer: PerformerAnswer | undefined): unknown {
  if (answer === undefined) return undefined;
  if (answer.errno !== undefined) return answer.errno;
  return answer.value?.kind === 'data' ? Uint8Array.from(answer.data) : answer.value;
}
