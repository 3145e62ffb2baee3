import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BufferHead } from '../buffer/buffer-head.ts';
import { transfer } from '../block/block-device.ts';
import type { MemoryDisk } from '../block/memory-disk.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { makeTestDisk, openJournal, RecordingDisk, SHAPE, type TestShape } from './test-disk.ts';

type Step =
  | { readonly kind: 'update'; readonly writes: readonly (readonly [block: number, value: number])[] }
  | { readonly kind: 'free'; readonly block: number }
  | { readonly kind: 'commit' }
  | { readonly kind: 'flush' }
  | { readonly kind: 'data'; readonly block: number; readonly value: number };

const HOME = SHAPE.homeBlocks;
const block = fc.nat(HOME - 1);
/** 0x39 fills a block that looks a little like the log's magic number; 0xc0 is replaced by the magic itself. */
const value = fc.oneof(fc.integer({ min: 1, max: 255 }), fc.constant(0xc0));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('update' as const),
      writes: fc.array(fc.tuple(block, value), { minLength: 1, maxLength: 90, size: 'max' }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('free' as const), block }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('commit' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('data' as const), block, value }) },
);

/** What a home block must hold: a value, or anything (-1) after it was freed. */
type Contents = readonly number[];

interface History {
  readonly recording: RecordingDisk;
  /** The contents after each update. */
  readonly states: Contents[];
  /** For each number of writes: how many updates were acknowledged as durable by then. */
  readonly acknowledged: { readonly writes: number; readonly states: number }[];
}

function fill(data: Uint8Array, content: number): void {
  data.fill(content);
  if (content === 0xc0) new DataView(data.buffer, data.byteOffset).setUint32(0, 0xc03b3998);
}

/** The content of a home block; -2 if it is a mixture. */
function contentOf(disk: MemoryDisk, shape: TestShape, home: number): number {
  const data = new Uint8Array(shape.blockSize);
  disk.read(home * shape.blockSize, data);
  const last = data[shape.blockSize - 1] ?? 0;
  const expected = new Uint8Array(shape.blockSize);
  fill(expected, last);
  return Buffer.compare(expected, data) === 0 ? last : -2;
}

function play(shape: TestShape, steps: readonly Step[], faults?: ReadonlySet<string>): History {
  const recording = new RecordingDisk(makeTestDisk(shape));
  const { scheduler, cache, journal } = openJournal(recording, shape, undefined, faults);
  const current: number[] = new Array<number>(HOME).fill(0);
  const states: Contents[] = [current.slice()];
  const acknowledged = [{ writes: 0, states: 0 }];
  const freed = new Set<number>();
  /** Blocks of file data are not the journal's: nobody may log them. */
  const data = new Set<number>();
  const acknowledge = (): void => {
    acknowledged.push({ writes: recording.writes.length, states: states.length - 1 });
  };

  function* update(writes: readonly (readonly [number, number])[]): Sleepable<void> {
    const handle = yield* journal.start(writes.length);
    for (const [home, content] of writes) {
      data.delete(home);
      freed.delete(home);
      const buffer: BufferHead = cache.getblk(home);
      yield* handle.getCreateAccess(buffer);
      fill(buffer.data, content);
      handle.dirtyMetadata(buffer);
      current[home] = content;
    }
    yield* handle.stop();
    states.push(current.slice());
  }
  function* free(home: number): Sleepable<void> {
    const handle = yield* journal.start(1);
    yield* handle.revoke(home, cache.find(home));
    handle.transaction.onCommit(() => freed.add(home));
    current[home] = -1;
    yield* handle.stop();
    states.push(current.slice());
  }
  function* writeData(home: number, content: number): Sleepable<void> {
    const bytes = new Uint8Array(shape.blockSize);
    fill(bytes, content);
    const sector = (home * shape.blockSize) / 512;
    // Whoever writes data into a block that was metadata drops the old buffer first, as ext4 does.
    cache.drop(home);
    yield* transfer(cache.device, {
      direction: 'write',
      sector,
      segments: [bytes],
      preflush: false,
      fua: true,
    });
    current[home] = content;
    freed.delete(home);
    data.add(home);
    states.push(current.slice());
    // Not in the log, but durable, and so is what went before: the block was free.
    for (const state of states) (state as number[])[home] = -1;
    states.push(current.slice());
    acknowledge();
  }

  for (const one of steps) {
    if (one.kind === 'update') {
      const writes = one.writes.filter(([home]) => !data.has(home));
      if (writes.length > 0) scheduler.run('update', update(writes));
    } else if (one.kind === 'free') {
      const used = pick(
        [...current.keys()].filter((home) => (current[home] ?? 0) > 0 && !data.has(home)),
        one.block,
      );
      if (used !== undefined) scheduler.run('free', free(used));
    } else if (one.kind === 'commit') {
      scheduler.run('commit', journal.forceCommit());
      acknowledge();
    } else if (one.kind === 'flush') {
      scheduler.run('flush', journal.flush());
      acknowledge();
    } else {
      const free = pick(freed.values(), one.block);
      if (free === undefined) continue;
      scheduler.run('commit', journal.forceCommit());
      if (current[free] === -1) scheduler.run('data', writeData(free, one.value));
    }
  }
  return { recording, states, acknowledged };
}

/** One of the numbers, chosen by `index`. */
function pick(numbers: Iterable<number>, index: number): number | undefined {
  const list = [...numbers];
  return list[index % list.length];
}

/** Null, or why the disk after the cut is not a state that the history allows. */
function judge(shape: TestShape, history: History, disk: MemoryDisk, count: number): string | null {
  const recovered = new RecordingDisk(disk);
  openJournal(recovered, shape);
  const found = Array.from({ length: HOME }, (_, home) => contentOf(recovered.snapshot(), shape, home));
  const floor = Math.max(
    ...history.acknowledged.filter(({ writes }) => writes < count).map(({ states }) => states),
    0,
  );
  const fits = (state: Contents): boolean =>
    state.every((content, home) => content === -1 || content === found[home]);
  if (history.states.slice(floor).some(fits)) return null;
  const oldest = history.states[floor] ?? [];
  const wrong = oldest.flatMap((content, home) =>
    content === -1 || content === found[home] ? [] : [`block ${home}: ${found[home] ?? ''} for ${content}`],
  );
  return `no state from ${floor} of ${history.states.length} on fits; ${wrong.slice(0, 5).join(', ')}`;
}

function verdict(
  shape: TestShape,
  steps: readonly Step[],
  bits: readonly boolean[],
  faults?: ReadonlySet<string>,
): string | null {
  const history = play(shape, steps, faults);
  let position = 0;
  const keep = (): boolean => bits[position++ % bits.length] ?? true;
  const writes = history.recording.writes.length;
  for (let count = position; count <= writes; count += Math.max(1, Math.ceil(writes / CUTS_MAX))) {
    const wrong = judge(shape, history, history.recording.cut(count, keep), count);
    if (wrong !== null) return `cut after ${count} of ${writes} writes: ${wrong}`;
  }
  return null;
}

/** Longer histories are cut at every second write, or third: what they are for is a log that has gone round. */
const CUTS_MAX = 120;
const steps = fc.array(step, { minLength: 5, maxLength: 40, size: 'max' });
const longSteps = fc.array(step, { minLength: 100, maxLength: 160, size: 'max' });
const bits = fc.array(fc.boolean(), { minLength: 7, maxLength: 31, size: 'max' });

test.each<[string, TestShape]>([
  ['checksums and wide numbers', SHAPE],
  ['neither', { ...SHAPE, checksums: false, sixtyFourBit: false }],
])(
  'recovery after a power cut at any write finds a committed state, no older than promised: %s',
  (_, shape) => {
    fc.assert(
      fc.property(fc.oneof(steps, longSteps), bits, (list, kept) => {
        expect(verdict(shape, list, kept)).toBeNull();
      }),
      { numRuns: 10 },
    );
  },
);

test.each(['jbd2-commit-without-flush', 'jbd2-checkpoint-without-flush', 'jbd2-skip-revoke'])(
  'the test above finds the planted bug %s',
  (fault) => {
    const result = fc.check(
      fc.property(longSteps, bits, (list, kept) => verdict(SHAPE, list, kept, new Set([fault])) === null),
      { numRuns: 30, seed: 7, endOnFailure: true },
    );
    expect(String(result.errorInstance)).toContain('returning false');
  },
);
