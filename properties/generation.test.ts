import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Model, type Errno, type Operation, type OperationName } from '../model/index.ts';
import { isFair } from '../harness/generate/fairness.ts';
import { FORMAT_DIMENSIONS } from '../harness/generate/format-choices.ts';
import { operationSequences } from '../harness/generate/operations.ts';
import { setups } from '../harness/generate/setups.ts';
import { OPERATION_NAMES, isOperation } from '../harness/operation-schema.ts';
import { handlesOf } from '../harness/shrink/removal.ts';
import {
  BLOCK_SIZES,
  DEFAULT_SETUP,
  SMALLEST_BYTES,
  modelOptions,
  readSetup,
  timeOfStep,
} from '../harness/setup.ts';
import { setupText } from '../harness/program-text.ts';
import { setupProblem } from '../harness/targets/typescript/target.ts';
import { countTable, coverageOf, outcomeTable } from './generation-coverage.ts';
import { metadataShapes } from './metadata-coverage.ts';

const SEQUENCES = 2000;
const MAX_OPERATIONS = 60;

/** Of the sequences, those in which metadata is looked for: that copies the model at each step. */
const METADATA_SEQUENCES = 2000;

const samples = (blockSize: 1024 | 2048 | 4096, numRuns: number): (readonly Operation[])[] =>
  fc.sample(operationSequences({ setup: { ...DEFAULT_SETUP, blockSize }, maxOperations: MAX_OPERATIONS }), {
    numRuns,
    seed: 20_261_130 + blockSize,
  });

/** Each pair is an answer that Linux documents for the call and that no full disk or permission is needed for. */
const REACHABLE: Readonly<Partial<Record<OperationName, readonly Errno[]>>> = {
  open: ['ENOENT', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'EINVAL'],
  close: ['EBADF'],
  read: ['EBADF', 'EISDIR'],
  pread: ['EBADF', 'EISDIR', 'EINVAL'],
  write: ['EBADF', 'EFBIG'],
  pwrite: ['EBADF', 'EFBIG', 'EINVAL'],
  seek: ['EBADF', 'EINVAL'],
  truncate: ['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG', 'EINVAL', 'EFBIG'],
  ftruncate: ['EBADF', 'EINVAL', 'EFBIG'],
  fsync: ['EBADF'],
  fdatasync: ['EBADF'],
  fstat: ['EBADF'],
  mkdir: ['EEXIST', 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'],
  rmdir: ['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EINVAL', 'ELOOP', 'ENAMETOOLONG'],
  unlink: ['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG'],
  rename: ['ENOENT', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY', 'EINVAL', 'EBUSY', 'ELOOP', 'ENAMETOOLONG'],
  link: ['ENOENT', 'ENOTDIR', 'EEXIST', 'EPERM', 'ELOOP', 'ENAMETOOLONG'],
  symlink: ['ENOENT', 'ENOTDIR', 'EEXIST', 'ELOOP', 'ENAMETOOLONG'],
  readlink: ['ENOENT', 'ENOTDIR', 'EINVAL', 'ELOOP', 'ENAMETOOLONG'],
  stat: ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'],
  lstat: ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'],
  readdir: ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'],
  chmod: ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'],
  chown: ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'],
  utimens: ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'],
  'link-handle': ['ENOENT', 'EEXIST', 'EBADF', 'EPERM'],
  mknod: ['ENOENT', 'ENOTDIR', 'EEXIST', 'EPERM', 'EACCES', 'ENAMETOOLONG'],
  setxattr: [
    'ENOENT',
    'ENODATA',
    'EEXIST',
    'EPERM',
    'EACCES',
    'EINVAL',
    'ERANGE',
    'E2BIG',
    'EOPNOTSUPP',
    'ENOSPC',
  ],
  getxattr: ['ENOENT', 'ENODATA', 'EACCES', 'EINVAL', 'ERANGE', 'EOPNOTSUPP'],
  removexattr: ['ENOENT', 'ENODATA', 'EPERM', 'EACCES', 'EINVAL', 'ERANGE', 'EOPNOTSUPP'],
  listxattr: ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'],
  chattr: ['ENOENT', 'EPERM'],
  lsattr: ['ENOENT'],
  'move-extent': ['EBADF', 'EINVAL'],
  thaw: ['EINVAL'],
  'set-project': ['EOPNOTSUPP', 'EPERM'],
};

/** What strangers, flags of rename, and inode flags add to the answers of the older operations. */
const REACHABLE_BY_OTHERS: Readonly<Partial<Record<OperationName, readonly Errno[]>>> = {
  open: ['EACCES', 'EPERM'],
  pwrite: ['EPERM'],
  truncate: ['EACCES', 'EPERM'],
  mkdir: ['EACCES', 'EPERM'],
  unlink: ['EACCES', 'EPERM'],
  rename: ['EACCES', 'EPERM', 'EEXIST'],
  link: ['EACCES'],
  chmod: ['EPERM'],
  chown: ['EPERM'],
  utimens: ['EPERM'],
};

/** Does the operation name a descriptor or a mapping that there is not? */
function namesNobody(model: Model, operation: Operation): boolean {
  if ('mapping' in operation && !model.mappings.has(operation.mapping)) return true;
  return operation.op !== 'open' && handlesOf(operation).some((handle) => !model.handles.has(handle));
}

describe('operation sequences', () => {
  const drawn = BLOCK_SIZES.map((blockSize) => ({
    setup: { ...DEFAULT_SETUP, blockSize },
    sequences: samples(blockSize, SEQUENCES),
  }));
  const coverages = drawn.map(({ setup, sequences }) => coverageOf(setup, sequences));

  it('hold operations of the vocabulary only, each enabled or wrong by its descriptor', () => {
    let wrong = 0;
    for (const { setup, sequences } of drawn) {
      for (const sequence of sequences) {
        const model = new Model(modelOptions(setup));
        for (const [step, operation] of sequence.entries()) {
          if (!model.enabled(operation)) {
            wrong++;
            if (!namesNobody(model, operation)) {
              expect.fail(`not enabled: ${JSON.stringify(operation)} at ${step}`);
            }
          }
          model.step(operation, timeOfStep(step));
        }
        expect(isFair(setup, sequence)).toBe(true);
      }
      const strange = sequences.slice(0, 200).some((all) => all.some((operation) => !isOperation(operation)));
      expect(strange).toBe(false);
    }
    const all = coverages.reduce((sum, { operations }) => sum + operations, 0);
    expect(wrong / all).toBeGreaterThan(0.001);
    expect(wrong / all).toBeLessThan(0.1);
  });

  it('have 1 to maxOperations operations, most of them as many as they may', () => {
    const lengths = drawn.flatMap(({ sequences }) => sequences.map(({ length }) => length));
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...lengths)).toBe(MAX_OPERATIONS);
    expect(lengths.filter((length) => length === MAX_OPERATIONS).length).toBeGreaterThan(lengths.length / 2);
    expect(() => operationSequences({ setup: DEFAULT_SETUP, maxOperations: 0 })).toThrow(RangeError);
  });

  it.each(coverages.map((coverage, index) => [BLOCK_SIZES[index], coverage] as const))(
    'reach every answer, boundary and shape with blocks of %i bytes',
    (_, coverage) => {
      const missing = [
        ...OPERATION_NAMES.filter((name) => (coverage.outcomes.get(name)?.get('ok') ?? 0) < 50),
        ...[...Object.entries(REACHABLE), ...Object.entries(REACHABLE_BY_OTHERS)].flatMap(([name, errnos]) =>
          errnos
            .filter((errno) => !coverage.outcomes.get(name)?.has(errno))
            .map((errno) => `${name} ${errno}`),
        ),
        ...[...coverage.boundaries, ...coverage.shapes]
          .filter(([, count]) => count === 0)
          .map(([name]) => name),
      ];
      const tables = [outcomeTable(coverage), countTable(coverage.boundaries), countTable(coverage.shapes)];
      if (process.env['TWINPATH_COVERAGE'] !== undefined) process.stdout.write(`${tables.join('\n\n')}\n`);
      expect(missing, tables.join('\n\n')).toEqual([]);
    },
  );

  it('do what there is to do with attributes, nodes, callers and flags', () => {
    for (const { setup, sequences } of drawn) {
      const counts = metadataShapes(setup, sequences.slice(0, METADATA_SEQUENCES));
      const missing = [...counts].filter(([, count]) => count === 0).map(([name]) => name);
      if (process.env['TWINPATH_COVERAGE'] !== undefined) process.stdout.write(`${countTable(counts)}\n`);
      expect(missing, countTable(counts)).toEqual([]);
    }
  });

  it('are about data for the most part', () => {
    const names = [
      'open',
      'read',
      'pread',
      'write',
      'pwrite',
      'seek',
      'truncate',
      'ftruncate',
      'close',
    ] as const;
    for (const { operations, outcomes } of coverages) {
      const data = names.flatMap((name) => [...(outcomes.get(name)?.values() ?? [])]);
      expect(data.reduce((sum, count) => sum + count, 0) / operations).toBeGreaterThan(0.55);
    }
  });

  it('mostly succeed, and move few bytes', () => {
    for (const coverage of coverages) {
      let succeeded = 0;
      for (const row of coverage.outcomes.values()) succeeded += row.get('ok') ?? 0;
      expect(succeeded / coverage.operations).toBeGreaterThan(0.8);
      expect(coverage.bytes / coverage.operations).toBeLessThan(8192);
    }
  });

  it('differ from run to run: some have no sync, no mistakes, no directories, one file', () => {
    const { sequences } = drawn[0] ?? { sequences: [] };
    const without = (...names: OperationName[]): number =>
      sequences.filter((sequence) => !sequence.some(({ op }) => names.includes(op))).length;
    expect(without('sync', 'fsync', 'fdatasync', 'remount')).toBeGreaterThan(SEQUENCES / 50);
    expect(without('mkdir', 'symlink')).toBeGreaterThan(SEQUENCES / 50);
    expect(without('pwrite', 'write')).toBeLessThan(SEQUENCES / 4);
  });

  it('are the same for the same seed, and others for another', () => {
    const arbitrary = operationSequences({ setup: DEFAULT_SETUP, maxOperations: MAX_OPERATIONS });
    const draw = (seed: number): unknown => fc.sample(arbitrary, { numRuns: 20, seed });
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });

  it('cost a few microseconds an operation', () => {
    const arbitrary = operationSequences({ setup: DEFAULT_SETUP, maxOperations: MAX_OPERATIONS });
    let best = Infinity;
    for (let round = 0; round < 6; round++) {
      let operations = 0;
      const started = process.cpuUsage();
      for (const sequence of fc.sample(arbitrary, { numRuns: 500, seed: round }))
        operations += sequence.length;
      const { user } = process.cpuUsage(started);
      best = Math.min(best, user / operations);
    }
    if (process.env['TWINPATH_COVERAGE'] !== undefined)
      process.stdout.write(`${best.toFixed(2)} us/operation\n`);
    // 2 to 4 on the machine it was written on; the limit allows for one that is busy.
    expect(best).toBeLessThan(15);
  });
});

describe('shrinking by fast-check', () => {
  const setup = DEFAULT_SETUP;
  const arbitrary = operationSequences({ setup, maxOperations: MAX_OPERATIONS });

  it('shrinks a failure to few and simple operations, all of them fair', () => {
    const details = fc.check(
      fc.property(arbitrary, (operations) => {
        if (!isFair(setup, operations)) return true;
        const write = operations.findIndex((one) => one.op === 'pwrite' && one.content.length > 1000);
        return write < 0 || !operations.slice(write).some(({ op }) => op === 'sync');
      }),
      { seed: 3, numRuns: 1000 },
    );
    expect(details.failed).toBe(true);
    const [shrunk] = details.counterexample ?? [[]];
    expect(shrunk.map(({ op }) => op)).toEqual(['pwrite', 'sync']);
    expect(shrunk[0]).toMatchObject({ offset: 0, content: { length: 1001 } });
  });

  it('shrinks sequences that it did not generate', () => {
    const operations: Operation[] = [{ op: 'sync' }, { op: 'mkdir', path: 'd', mode: 0o700 }];
    expect(arbitrary.canShrinkWithoutContext(operations)).toBe(true);
    expect(arbitrary.canShrinkWithoutContext([{ op: 'fly' }])).toBe(false);
    const shrunk = [...arbitrary.shrink(operations, undefined)].map(({ value }) => value);
    expect(shrunk).toContainEqual([{ op: 'mkdir', path: 'd', mode: 0o700 }]);
    expect(shrunk).toContainEqual([{ op: 'sync' }, { op: 'mkdir', path: 'd', mode: 0o755 }]);
  });
});

describe('setups', () => {
  const drawn = fc.sample(setups(), { numRuns: 2000, seed: 1 });

  it('are valid, and of every kind', () => {
    for (const setup of drawn) expect(readSetup(setup, 'generated')).toEqual(setup);
    const share = (wanted: (setup: (typeof drawn)[number]) => boolean): number =>
      drawn.filter(wanted).length / drawn.length;
    for (const blockSize of BLOCK_SIZES)
      expect(share((setup) => setup.blockSize === blockSize)).toBeGreaterThan(0.2);
    const small = share(({ sizeBytes, blockSize }) => sizeBytes < SMALLEST_BYTES[blockSize] * 1.5);
    expect(small).toBeGreaterThan(0.05);
    expect(small).toBeLessThan(0.3);
    expect(share(({ inodes }) => inodes !== undefined)).toBeGreaterThan(0.05);
    expect(share(({ mount }) => mount.delalloc && mount.dioreadNolock)).toBeGreaterThan(0.5);
    expect(share(({ mount }) => !mount.delalloc)).toBeGreaterThan(0.1);
    expect(share(({ mount }) => !mount.dioreadNolock)).toBeGreaterThan(0.1);
  });

  it('make file systems, most often the usual one', () => {
    for (const setup of drawn.slice(0, 500)) expect(setupProblem(setup), setupText(setup)).toBe(null);
    const usual = drawn.filter(({ format }) => format === undefined).length / drawn.length;
    expect(usual).toBeGreaterThan(0.5);
    expect(usual).toBeLessThan(0.7);
    for (const { choices } of FORMAT_DIMENSIONS) {
      for (const { name, format } of choices) {
        const holds = drawn.some((setup) => Object.keys(format).every((key) => key in (setup.format ?? {})));
        expect(holds, name).toBe(true);
      }
    }
  });

  it('keep to a given format', () => {
    const format = { features: ['orphan_file'], inodeSize: 512 };
    const only = fc.sample(setups({ format }), { numRuns: 100, seed: 1 });
    for (const setup of only) expect(setup.format).toEqual(format);
  });

  it('keep to a given block size', () => {
    const only = fc.sample(setups({ blockSize: 2048 }), { numRuns: 100, seed: 1 });
    expect(only.every(({ blockSize }) => blockSize === 2048)).toBe(true);
  });
});
