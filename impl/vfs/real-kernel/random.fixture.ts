import fc from 'fast-check';
import type { Access, Call, OpenFlag, Program, RenameFlag, Time } from './call.fixture.ts';

/** Random programs with few names, few callers and few modes, so that calls meet each other. */

const PATHS = ['a', 'b', 'd', 'd/a', 'd/b', 'd/d', 'd/d/a', 'e', 'e/a', 'e/d', 'e/d/', 'd/..', '.', 'd/../a'];
const FILES = ['f1', 'f2', 'f3'];
const CALLERS = [
  [0, 0, []],
  [1000, 100, []],
  [1000, 100, [200]],
  [2000, 200, [100]],
] as const;
const FLAGS = [0x10, 0x20, 0x30, 0, 0x40].map((flags) => flags | 0x80000);

const path = fc.constantFrom(...PATHS);
const file = fc.constantFrom(...FILES);
const mode = fc.constantFrom(
  0o777,
  0o666,
  0o755,
  0o700,
  0o1777,
  0o2777,
  0o4755,
  0o6775,
  0o2745,
  0o050,
  0o000,
);
const id = fc.constantFrom(-1, 0, 1000, 2000);
const group = fc.constantFrom(-1, 0, 100, 200, 300);
const time = fc.constantFrom<Time>('now', 'omit', [5, 6], [4_000_000_000, 7]);
const access = fc.constantFrom<Access>('read', 'write', 'read-write');
const openFlags = fc.subarray<OpenFlag>([
  'create',
  'exclusive',
  'truncate',
  'append',
  'directory',
  'nofollow',
]);
const unnamed = fc.constantFrom<OpenFlag[]>(['tmpfile'], ['tmpfile', 'exclusive']);
const renameFlags = fc.constantFrom<RenameFlag[]>(
  [],
  [],
  ['noreplace'],
  ['exchange'],
  ['exchange'],
  ['whiteout'],
);
const type = fc.constantFrom('file', 'socket', 'character-device', 'block-device');

/** A pipe blocks who opens it, and a device node may have a driver: opening is left to the other types. */
const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...CALLERS).map((who) => ['caller', ...who] as const) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('open' as const), file, path, access, openFlags, mode) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('open' as const), file, path, access, unnamed, mode) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('write' as const, 'read' as const), file, fc.nat(9)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('close' as const), file) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('ftruncate' as const), file, fc.nat(9)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('truncate' as const), path, fc.nat(9)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('mkdir' as const), path, mode) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom('rmdir' as const, 'unlink' as const), path) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('symlink' as const), path, path) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('link' as const), path, path) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('linkHandle' as const), file, path) },
  { weight: 8, arbitrary: fc.tuple(fc.constant('rename' as const), path, path, renameFlags) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(path, type, mode)
      .map(([name, kind, bits]) => ['mknod', name, kind, bits, 250, 1_000_000] as const),
  },
  { weight: 3, arbitrary: fc.tuple(fc.constant('chmod' as const), path, mode) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('chown' as const), path, id, group) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('utimens' as const), path, time, time) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom('stat' as const, 'lstat' as const), path) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('readdir' as const), path) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('fstat' as const), file) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('setFlags' as const), file, fc.constantFrom(...FLAGS)) },
);

/** Programs that are the same for the same seed; at their end root looks at everything, and takes flags away. */
export function randomPrograms(seed: number, count: number, length: number): Record<string, Program> {
  const programs = fc.sample(fc.array(call, { minLength: length, maxLength: length }), {
    seed,
    numRuns: count,
  });
  return Object.fromEntries(
    programs.map((program, index) => [
      `seed ${seed}, program ${index}`,
      [
        ['chmod', '.', 0o777],
        ...program,
        ['caller', 0, 0, []],
        ...PATHS.map((each) => ['lstat', each] as const),
        ...['.', 'd', 'd/d', 'e', 'e/d'].map((each) => ['readdir', each] as const),
      ],
    ]),
  );
}
