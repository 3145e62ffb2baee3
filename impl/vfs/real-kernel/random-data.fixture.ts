import fc from 'fast-check';
import type { Call, Program } from './call.fixture.ts';

/** Random programs about the bytes of two small files, so that what fallocate(2) does meets what reads, writes and truncation do. */

/** Bytes: about as far as the programs go. */
const FAR = 100_000;

const file = fc.constantFrom('f', 'g');
const at = fc.oneof(
  fc.nat(FAR),
  fc.nat(Math.floor(FAR / 1024)).map((blocks) => blocks * 1024),
  fc.nat(Math.floor(FAR / 4096)).map((pages) => pages * 4096),
);
const length = at.map((bytes) => Math.max(1, Math.floor(bytes / 3)));
const wholePages = fc.nat(8).map((pages) => (pages + 1) * 4096);
const wholePage = fc.nat(20).map((pages) => pages * 4096);
const anyMode = fc.constantFrom(
  'allocate',
  'keep-size',
  'punch',
  'punch',
  'zero',
  'zero-keep-size',
  'insert',
  'collapse',
);

const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.constant('pwrite' as const), file, at, length, fc.integer({ min: 1, max: 255 })),
  },
  { weight: 6, arbitrary: fc.tuple(fc.constant('fallocate' as const), file, anyMode, at, length) },
  {
    weight: 4,
    arbitrary: fc.tuple(
      fc.constant('fallocate' as const),
      file,
      fc.constantFrom('collapse', 'insert', 'zero', 'punch'),
      wholePage,
      wholePages,
    ),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant('ftruncate' as const), file, at) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('fsync' as const), file) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('contents' as const), fc.constantFrom('a', 'b')) },
);

const lookAt = (name: string): Program => [
  ['stat', name],
  ['contents', name],
  ['mapped', name],
];

/** Programs that are the same for the same seed. */
export function randomDataPrograms(seed: number, count: number, calls: number): Record<string, Program> {
  const programs = fc.sample(fc.array(call, { minLength: calls, maxLength: calls }), {
    seed,
    numRuns: count,
  });
  return Object.fromEntries(
    programs.map((program, index) => [
      `seed ${seed}, program ${index}`,
      [
        ['open', 'f', 'a', 'read-write', ['create'], 0o644],
        ['open', 'g', 'b', 'read-write', ['create'], 0o644],
        ...program,
        ...lookAt('a'),
        ...lookAt('b'),
        // Room for the programs to come.
        ['ftruncate', 'f', 0],
        ['ftruncate', 'g', 0],
      ],
    ]),
  );
}
