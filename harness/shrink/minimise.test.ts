import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { Model, type Operation } from '../../model/index.ts';
import { isFair } from '../generate/fairness.ts';
import { operationSequences } from '../generate/operations.ts';
import { TRANSFER_BYTES_MAX } from '../operation-schema.ts';
import { DEFAULT_SETUP, modelOptions, timeOfStep } from '../setup.ts';
import { isSmaller, weightOf } from './measure.ts';
import { minimise, type Minimised, type MinimiseOptions } from './minimise.ts';

type Predicate = (operations: readonly Operation[]) => boolean;

const ROOMY: MinimiseOptions = { budgetRuns: 20_000, budgetMs: 30_000 };

const run = (operations: readonly Operation[], fails: Predicate, options = ROOMY): Promise<Minimised> =>
  minimise(operations, (candidate) => Promise.resolve(fails(candidate)), options);

/** Sequences of 60 operations to hide culprits in. */
const haystacks = fc.sample(
  operationSequences({ setup: DEFAULT_SETUP, maxOperations: 60 }).filter(
    (operations) => operations.length === 60,
  ),
  { numRuns: 5, seed: 11 },
);

const create = (as: `fd${number}`, path: string): Operation => ({
  op: 'open',
  as,
  path,
  access: 'read-write',
  flags: { create: true, truncate: true },
  mode: 0o600,
});

/** What fails on a target that forgets the tail of a file when it is cut and grows again: the model says where. */
const cutAndGrown: Predicate = (operations) => {
  const model = new Model(modelOptions(DEFAULT_SETUP));
  const cut = new Set<string>();
  return operations.some((operation, step) => {
    const before = 'handle' in operation ? model.handles.get(operation.handle)?.size : undefined;
    const outcome = model.step(operation, timeOfStep(step));
    if (operation.op !== 'ftruncate' || !outcome.ok || before === undefined) return false;
    if (operation.size < before && operation.size % 4096 !== 0) cut.add(operation.handle);
    return operation.size > before && cut.has(operation.handle);
  });
};

describe('minimise', () => {
  it('does by a call what a mapping does, where the mapping is not to blame', async () => {
    const mapped: Operation[] = [
      create('fd0', 'a'),
      { op: 'ftruncate', handle: 'fd0', size: 12288 },
      {
        op: 'mmap',
        as: 'map0',
        handle: 'fd0',
        offset: 4096,
        length: 4096,
        sharing: 'shared',
        access: 'read-write',
      },
      { op: 'store', mapping: 'map0', offset: 4, content: { seed: 1, length: 1 } },
      { op: 'fsync', handle: 'fd0' },
    ];
    /** Fails where a byte is changed in one of these ways, and brought to the disk after that. */
    const fails = (ways: readonly Operation['op'][]): Predicate => {
      return (operations) => {
        const model = new Model(modelOptions(DEFAULT_SETUP));
        const worked = operations.filter((operation, step) => model.step(operation, timeOfStep(step)).ok);
        const changed = worked.findIndex(({ op }) => ways.includes(op));
        return changed >= 0 && worked.slice(changed).some(({ op }) => op === 'fsync');
      };
    };
    const either = await run(mapped, fails(['store', 'pwrite']));
    expect(either.operations.map(({ op }) => op)).toEqual(['open', 'pwrite', 'fsync']);
    const stored = await run(mapped, fails(['store']));
    expect(stored.operations.map(({ op }) => op)).toContain('store');
  });

  it('has no write take more than a case may say', async () => {
    const handle = 'fd0';
    const length = 40 << 20;
    const writes = [0, 1, 2].map((index): Operation => ({
      op: 'pwrite',
      handle,
      offset: index * length,
      content: { seed: 1, length },
    }));
    const lengths = (operations: readonly Operation[]): number[] =>
      operations.flatMap((operation) => (operation.op === 'pwrite' ? [operation.content.length] : []));
    const tried: number[] = [];
    const { operations } = await run([create(handle, 'a'), ...writes], (candidate) => {
      tried.push(...lengths(candidate));
      return lengths(candidate).reduce((sum, one) => sum + one, 0) >= 3 * length;
    });
    expect(lengths(operations)).toHaveLength(3);
    expect(Math.max(...tried)).toBeLessThanOrEqual(TRANSFER_BYTES_MAX);
  });

  it('has one operation take what many took of a full device', async () => {
    const write = (handle: 'fd0' | 'fd1', offset: number): Operation => ({
      op: 'pwrite',
      handle,
      offset,
      content: { seed: 1, length: 4096 },
    });
    const places = Array.from({ length: 20 }, (_, index) => 8192 * index);
    const operations = [
      create('fd0', 'a'),
      create('fd1', 'b'),
      ...places.flatMap((offset) => [write('fd0', offset), write('fd1', offset)]),
      { op: 'mkdir', path: 'd', mode: 0o755 } as const,
    ];
    const written = (candidate: readonly Operation[]): number =>
      candidate.reduce((sum, one) => sum + (one.op === 'pwrite' ? one.content.length : 0), 0);
    const result = await run(
      operations,
      (candidate) => candidate.at(-1)?.op === 'mkdir' && written(candidate) >= 40 * 4096,
    );
    expect(result.operations.map(({ op }) => op)).toEqual(['pwrite', 'mkdir']);
  });

  it('needs nothing that only moved a write to the block that it must meet', async () => {
    const operations: Operation[] = [
      create('fd0', 'a'),
      ...['b', 'c'].map((path): Operation => ({ op: 'mkdir', path, mode: 0o755 })),
      { op: 'pwrite', handle: 'fd0', offset: 0, content: { seed: 1, length: 1 } },
    ];
    /** Each directory takes twenty blocks; the write, which comes last, must take the fortieth. */
    const meets = (candidate: readonly Operation[]): boolean => {
      const write = candidate.at(-1);
      if (!candidate.some(({ op }) => op === 'open')) return false;
      const first = 20 * candidate.filter(({ op }) => op === 'mkdir').length;
      return write?.op === 'pwrite' && first <= 40 && first + Math.ceil(write.content.length / 4096) > 40;
    };
    const result = await run(operations, meets);
    expect(result.operations.map(({ op }) => op)).toEqual(['open', 'pwrite']);
  });

  it('needs one descriptor where the first of two is closed after the second was opened', async () => {
    const write: Operation = { op: 'pwrite', handle: 'fd1', offset: 0, content: { seed: 1, length: 1 } };
    const operations: Operation[] = [
      create('fd0', 'a'),
      { op: 'open', as: 'fd1', path: 'a', access: 'read-write', flags: {}, mode: 0o600 },
      { op: 'unlink', path: 'a' },
      { op: 'close', handle: 'fd0' },
      write,
      { op: 'close', handle: 'fd1' },
    ];
    const kinds: Operation['op'][] = ['open', 'unlink', 'pwrite', 'close'];
    const result = await run(operations, (candidate) => {
      const model = new Model(modelOptions(DEFAULT_SETUP));
      const done = candidate.filter((one, step) => model.step(one, timeOfStep(step)).ok).map(({ op }) => op);
      const places = kinds.map((kind) => done.lastIndexOf(kind));
      // The file goes when nobody has it open any more.
      return model.handles.size === 0 && places.every((place, index) => place > (places[index - 1] ?? -1));
    });
    expect(result.operations.map(({ op }) => op)).toEqual(kinds);
  });

  it('needs one descriptor where one made the file and another goes past its cache', async () => {
    const operations: Operation[] = [
      { op: 'open', as: 'fd0', path: 'a', access: 'write', flags: { create: true }, mode: 0o600 },
      { op: 'open', as: 'fd1', path: 'a', access: 'read-write', flags: { direct: true }, mode: 0o600 },
      { op: 'pwrite', handle: 'fd0', offset: 0, content: { seed: 1, length: 4096 } },
      { op: 'pread', handle: 'fd1', offset: 0, length: 4096 },
    ];
    const result = await run(operations, (candidate) => {
      const model = new Model(modelOptions(DEFAULT_SETUP));
      const done = candidate.filter((one, step) => model.step(one, timeOfStep(step)).ok);
      const reader = done.find(({ op }) => op === 'pread');
      const wrote = done.some(({ op }) => op === 'pwrite');
      return done.some(
        (one) =>
          wrote &&
          one.op === 'open' &&
          one.flags.direct === true &&
          reader?.op === 'pread' &&
          one.as === reader.handle,
      );
    });
    expect(result.operations.map(({ op }) => op)).toEqual(['open', 'pwrite', 'pread']);
  });

  it.each(haystacks.map((haystack, index) => [index, haystack] as const))(
    'finds a culprit pair among 62 operations (%i)',
    async (_, haystack) => {
      const mkdir: Operation = { op: 'mkdir', path: 'culprit', mode: 0o777 };
      const rmdir: Operation = { op: 'rmdir', path: 'culprit' };
      const operations = [
        ...haystack.slice(0, 20),
        mkdir,
        ...haystack.slice(20, 40),
        rmdir,
        ...haystack.slice(40),
      ];
      const result = await run(operations, (candidate) => {
        const made = candidate.findIndex((one) => one.op === 'mkdir' && one.path.startsWith('c'));
        const gone = candidate.findLastIndex((one) => one.op === 'rmdir' && one.path.startsWith('c'));
        return made >= 0 && gone > made;
      });
      expect(result.ended).toBe('fixpoint');
      expect(result.operations).toHaveLength(2);
      expect(result.runs).toBeLessThan(300);
    },
  );

  it.each(haystacks.map((haystack, index) => [index, haystack] as const))(
    'keeps what a pair stands on: open, write, cut, grow (%i)',
    async (_, haystack) => {
      const handle = 'fd500';
      const operations: Operation[] = [
        ...haystack.slice(0, 10),
        create(handle, 'lost+found/../victim'),
        ...haystack.slice(10, 30).filter(({ op }) => op !== 'remount'),
        { op: 'pwrite', handle, offset: 1_048_577, content: { seed: 77, length: 30_000 } },
        { op: 'fsync', handle },
        ...haystack.slice(30, 50).filter(({ op }) => op !== 'remount'),
        { op: 'ftruncate', handle, size: 1_050_001 },
        { op: 'ftruncate', handle, size: 1_060_003 },
        ...haystack.slice(50),
      ];
      const permitted = (candidate: readonly Operation[]): boolean => isFair(DEFAULT_SETUP, candidate);
      const result = await run(operations, cutAndGrown, { ...ROOMY, permitted });
      expect(result.ended).toBe('fixpoint');
      expect(result.operations.length).toBeLessThanOrEqual(4);
      expect(result.operations.map(({ op }) => op)).toContain('open');
      expect(cutAndGrown(result.operations)).toBe(true);
      // A file of one byte cannot be cut to what is no whole block and still have something; two bytes can.
      expect(JSON.stringify(result.operations).length).toBeLessThan(350);
    },
  );

  it('finds a conjunction of three', async () => {
    const needed = ['symlink', 'chmod', 'statfs'];
    const extra: Operation[] = [
      { op: 'symlink', target: 'x', path: 'long/name' },
      { op: 'chmod', path: 'd/e/f', mode: 0o4755 },
      { op: 'statfs' },
    ];
    for (const haystack of haystacks) {
      const operations = [...haystack.slice(0, 30), ...extra, ...haystack.slice(30)];
      const result = await run(operations, (all) =>
        needed.every((name) => all.some(({ op }) => op === name)),
      );
      expect(result.operations.map(({ op }) => op).sort()).toEqual([...needed].sort());
      expect(result.ended).toBe('fixpoint');
    }
  });

  it('ends at the threshold of an argument', async () => {
    const operations: Operation[] = [
      create('fd7', 'deep/er/file'),
      { op: 'pwrite', handle: 'fd7', offset: 636_231, content: { seed: 90, length: 63_770 } },
    ];
    const reaches =
      (least: number): Predicate =>
      (all) =>
        all.some((one) => one.op === 'pwrite' && one.offset >= least);
    const aligned = await run(operations, reaches(65_536));
    expect(aligned.operations).toEqual([
      { op: 'pwrite', handle: 'fd0', offset: 65_536, content: { seed: 1, length: 0 } },
    ]);
    // The nearest whole block above 70,001 is 73,728; it is simpler than the threshold itself.
    const odd = await run(operations, reaches(70_001));
    expect(odd.operations).toEqual([
      { op: 'pwrite', handle: 'fd0', offset: 73_728, content: { seed: 1, length: 0 } },
    ]);
  });

  it('moves what belongs together, together', async () => {
    const operations: Operation[] = [
      { op: 'pwrite', handle: 'fd0', offset: 5_000_000, content: { seed: 1, length: 10 } },
      { op: 'pread', handle: 'fd0', offset: 5_000_004, length: 10 },
    ];
    const overlap: Predicate = ([write, read]) =>
      write?.op === 'pwrite' &&
      read?.op === 'pread' &&
      read.offset > write.offset &&
      read.offset < write.offset + write.content.length;
    const result = await run(operations, overlap);
    expect(result.operations).toEqual([
      { op: 'pwrite', handle: 'fd0', offset: 0, content: { seed: 1, length: 2 } },
      { op: 'pread', handle: 'fd0', offset: 1, length: 0 },
    ]);
  });

  it('merges descriptors, flattens directories, shortens names, drops flags', async () => {
    const operations: Operation[] = [
      { op: 'mkdir', path: 'd0', mode: 0o700 },
      create('fd3', 'd0/f1'),
      { op: 'close', handle: 'fd3' },
      create('fd4', './d0//f1'),
      { op: 'pwrite', handle: 'fd4', offset: 0, content: { seed: 9, length: 4096 } },
      { op: 'remount' },
      { op: 'truncate', path: 'd0/../d0/f1', size: 100 },
    ];
    // The file must exist with a size when the truncation comes.
    const fails: Predicate = (all) => {
      const model = new Model(modelOptions(DEFAULT_SETUP));
      return all.some((operation, step) => {
        const sized =
          operation.op === 'truncate' &&
          Array.from({ length: model.files.length }, (_, index) => model.files.at(index)).some(
            (file) => (file?.size ?? 0) > operation.size,
          );
        return model.step(operation, timeOfStep(step)).ok && sized;
      });
    };
    const result = await run(operations, fails);
    expect(result.operations).toEqual([
      { op: 'open', as: 'fd0', path: 'a', access: 'read-write', flags: { create: true }, mode: 0o644 },
      { op: 'pwrite', handle: 'fd0', offset: 0, content: { seed: 1, length: 1 } },
      { op: 'truncate', path: 'a', size: 0 },
    ]);
  });

  it('never makes it larger, and only answers what was seen to fail', async () => {
    const sequences = operationSequences({ setup: DEFAULT_SETUP, maxOperations: 30 });
    await fc.assert(
      fc.asyncProperty(sequences, fc.integer({ min: 0, max: 0xffff }), async (operations, salt) => {
        const seen = new Set<string>();
        const result = await run(
          operations,
          (candidate) => {
            const text = JSON.stringify(candidate);
            // As arbitrary as can be, and the same each time.
            const fails = ((text.length * 2_654_435_761) ^ salt) % 3 === 0;
            if (fails) seen.add(text);
            return fails;
          },
          { budgetRuns: 500, budgetMs: 10_000 },
        );
        const same = result.operations === operations;
        expect(same || isSmaller(result.operations, operations)).toBe(true);
        expect(same || seen.has(JSON.stringify(result.operations))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('ends with a predicate that changes its mind', async () => {
    let count = 0;
    const result = await run(haystacks[0] ?? [], () => count++ % 3 !== 0);
    expect(result.ended).toBe('fixpoint');
  });

  it('keeps to its budgets and to the signal', async () => {
    const operations = haystacks[0] ?? [];
    expect(await run(operations, () => false, { budgetRuns: 7, budgetMs: 10_000 })).toEqual({
      operations,
      runs: 7,
      ended: 'budget',
    });
    expect((await run(operations, () => false, { budgetRuns: 1000, budgetMs: 0 })).runs).toBe(0);
    const controller = new AbortController();
    const aborted = await run(
      operations,
      () => {
        controller.abort();
        return true;
      },
      { ...ROOMY, signal: controller.signal },
    );
    expect(aborted).toMatchObject({ runs: 1, ended: 'aborted' });
    expect(aborted.operations.length).toBeLessThan(operations.length);
  });

  it('asks only for what is permitted, and never twice for the same', async () => {
    const asked: string[] = [];
    const operations: Operation[] = [{ op: 'sync' }, { op: 'statfs' }, { op: 'remount' }];
    await run(
      operations,
      (candidate) => {
        asked.push(JSON.stringify(candidate));
        return false;
      },
      { ...ROOMY, permitted: (candidate) => candidate.some(({ op }) => op === 'sync') },
    );
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.every((text) => text.includes('sync'))).toBe(true);
  });

  it('reports progress, and lets what the predicate throws through', async () => {
    const lengths: number[] = [];
    await run(haystacks[1] ?? [], (all) => all.length > 3, {
      ...ROOMY,
      onProgress: ({ operations }) => lengths.push(operations.length),
    });
    expect(lengths.at(-1)).toBe(4);
    expect(lengths).toEqual([...lengths].sort((left, right) => right - left));
    const broken = minimise(haystacks[1] ?? [], () => Promise.reject(new Error('no disk')), ROOMY);
    await expect(broken).rejects.toThrow('no disk');
  });
});

test('every operation that is drawn has a weight, or nothing would ever be lighter', () => {
  const drawn = fc.sample(operationSequences({ setup: DEFAULT_SETUP, maxOperations: 60 }), {
    numRuns: 300,
    seed: 20_261_201,
  });
  for (const operation of drawn.flat()) {
    const weight = weightOf([operation]);
    if (!Number.isFinite(weight)) expect.unreachable(`${JSON.stringify(operation)} weighs ${weight}`);
  }
});
