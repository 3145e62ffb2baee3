import fc from 'fast-check';
import type { TransferOptions } from '../types.ts';
import type { Call, OpenFlag, Program } from './call.fixture.ts';

/** Random reads and writes of two files in every way, with offsets near blocks, pages and the end. */

const FILES = ['b1', 'b2', 'd1', 'd2', 's1'];
const PATHS: Record<string, string> = { b1: 'f', b2: 'g', d1: 'f', d2: 'g', s1: 'f' };
const FLAGS: Record<string, OpenFlag[]> = { d1: ['direct'], d2: ['direct'], s1: ['dsync'] };

const file = fc.constantFrom(...FILES);
const sectors = (max: number) => fc.nat(max).map((count) => count * 512);
const offset = fc.oneof(
  fc.nat(40_000),
  fc.nat(40).map((blocks) => blocks * 1024),
  fc.nat(10).map((pages) => pages * 4096),
  sectors(80),
);
const length = fc.oneof(
  fc.integer({ min: 1, max: 20_000 }),
  sectors(40),
  fc.nat(5).map((pages) => pages * 4096),
);
const rwf = fc.constantFrom<TransferOptions>(
  {},
  {},
  {},
  {},
  { rwf: ['append'] },
  { rwf: ['dsync'] },
  { rwf: ['sync'] },
  { rwf: ['dontcache'] },
);
const how = fc.oneof(
  { weight: 8, arbitrary: rwf },
  { weight: 1, arbitrary: fc.constant({ misaligned: 512 }) },
);
const advice = fc.constantFrom('normal', 'sequential', 'random', 'willneed', 'dontneed', 'noreuse');

/** A direct transfer that is not of whole sectors answers by how the file lies on the device. */
const aligned = (call: Call): boolean => {
  if (call[0] !== 'preadv' && call[0] !== 'pwritev') return true;
  const direct = call[1].startsWith('d');
  return !direct || ((call[2] ?? 0) % 512 === 0 && call[3] % 512 === 0);
};

const call: fc.Arbitrary<Call> = fc
  .oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constant('preadv' as const), file, offset, length, how) },
    {
      weight: 9,
      arbitrary: fc.tuple(fc.constant('pwritev' as const), file, offset, length, fc.nat(250), how),
    },
    { weight: 2, arbitrary: fc.tuple(fc.constant('ftruncate' as const), file, offset) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('fsync' as const), file) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constant('fadvise' as const), file, offset, length, advice),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        fc.constant('copyFileRange' as const),
        fc.constantFrom('b1', 's1'),
        offset,
        fc.constant('b2'),
        offset,
        length,
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        fc.constant('sendfile' as const),
        fc.constant('b2'),
        fc.constant('b1'),
        offset,
        length,
      ),
    },
    { weight: 1, arbitrary: fc.tuple(fc.constant('fstat' as const), file) },
  )
  .filter(aligned);

/** Programs that are the same for the same seed. */
export function randomTransfers(seed: number, count: number, steps: number): Record<string, Program> {
  const programs = fc.sample(fc.array(call, { minLength: steps, maxLength: steps }), {
    seed,
    numRuns: count,
  });
  const opens = FILES.map(
    (name) =>
      ['open', name, PATHS[name] ?? 'f', 'read-write', ['create', ...(FLAGS[name] ?? [])], 0o644] as const,
  );
  return Object.fromEntries(
    programs.map((program, index) => [
      `seed ${seed}, program ${index}`,
      [...opens, ...program, ['sum', 'f'] as const, ['sum', 'g'] as const],
    ]),
  );
}
