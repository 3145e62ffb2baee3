import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BufferHead } from '../buffer/buffer-head.ts';
import { transfer } from '../block/transfer.ts';
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
  const player = new Player(shape, faults);
  for (const one of steps) player.perform(one);
  return player;
}

/** Performs steps on a journal, and writes down what the disk may hold after each. */
class Player implements History {
  readonly recording: RecordingDisk;
  readonly states: Contents[];
  readonly acknowledged = [{ writes: 0, states: 0 }];
  readonly #shape: TestShape;
  readonly #opened: ReturnType<typeof openJournal>;
  readonly #current: number[] = new Array<number>(HOME).fill(0);
  readonly #freed = new Set<number>();
  /** Blocks of file data are not the journal's: nobody may log them. */
  readonly #data = new Set<number>();

  constructor(shape: TestShape, faults?: ReadonlySet<string>) {
    this.#shape = shape;
    this.recording = new RecordingDisk(makeTestDisk(shape));
    this.#opened = openJournal(this.recording, shape, undefined, faults);
    this.states = [this.#current.slice()];
  }

  perform(step: Step): void {
    const { scheduler, journal } = this.#opened;
    switch (step.kind) {
      case 'update': {
        const writes = step.writes.filter(([home]) => !this.#data.has(home));
        if (writes.length > 0) scheduler.run('update', this.#update(writes));
        return;
      }
      case 'free': {
        const used = pick(this.#metadataBlocks(), step.block);
        if (used !== undefined) scheduler.run('free', this.#free(used));
        return;
      }
      case 'commit':
      case 'flush':
        scheduler.run<unknown>(step.kind, step.kind === 'commit' ? journal.forceCommit() : journal.flush());
        return this.#acknowledge();
      case 'data': {
        const free = pick(this.#freed.values(), step.block);
        if (free === undefined) return;
        scheduler.run('commit', journal.forceCommit());
        if (this.#current[free] === -1) scheduler.run('data', this.#writeData(free, step.value));
      }
    }
  }

  #metadataBlocks(): number[] {
    return [...this.#current.keys()].filter(
      (home) => (this.#current[home] ?? 0) > 0 && !this.#data.has(home),
    );
  }

  #acknowledge(): void {
    this.acknowledged.push({ writes: this.recording.writes.length, states: this.states.length - 1 });
  }

  *#update(writes: readonly (readonly [number, number])[]): Sleepable<void> {
    const { cache, journal } = this.#opened;
    const handle = yield* journal.start(writes.length);
    for (const [home, content] of writes) {
      this.#data.delete(home);
      this.#freed.delete(home);
      const buffer: BufferHead = cache.getblk(home);
      yield* handle.getCreateAccess(buffer);
      fill(buffer.data, content);
      handle.dirtyMetadata(buffer);
      this.#current[home] = content;
    }
    yield* handle.stop();
    this.states.push(this.#current.slice());
  }

  *#free(home: number): Sleepable<void> {
    const { cache, journal } = this.#opened;
    const handle = yield* journal.start(1);
    yield* handle.revoke(home, cache.find(home));
    handle.transaction.onCommit(() => this.#freed.add(home));
    this.#current[home] = -1;
    yield* handle.stop();
    this.states.push(this.#current.slice());
  }

  *#writeData(home: number, content: number): Sleepable<void> {
    const { cache } = this.#opened;
    const bytes = new Uint8Array(this.#shape.blockSize);
    fill(bytes, content);
    // Whoever writes data into a block that was metadata drops the old buffer first, as ext4 does.
    cache.drop(home);
    const sector = (home * this.#shape.blockSize) / 512;
    yield* transfer(cache.device, {
      direction: 'write',
      sector,
      segments: [bytes],
      preflush: false,
      fua: true,
    });
    this.#current[home] = content;
    this.#freed.delete(home);
    this.#data.add(home);
    this.states.push(this.#current.slice());
    // Not in the log, but durable, and so is what went before: the block was free.
    for (const state of this.states) (state as number[])[home] = -1;
    this.states.push(this.#current.slice());
    this.#acknowledge();
  }
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
