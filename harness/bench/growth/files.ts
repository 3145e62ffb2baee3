import type { Handle, Operation, Path } from '../../../model/index.ts';
import { DEFAULT_SETUP } from '../../setup.ts';
import type { Growing, Probe } from './growing.ts';

const PROBES = 200;

/** Room for the directory, and for an inode a file. */
const BYTES_PER_FILE = 1024;
const DEVICE_MIN_BYTES = 64 << 20;
const SPARE_INODES = 1024;

const HANDLE: Handle = 'fd0';

const create = (path: Path): Operation[] => [
  { op: 'open', as: HANDLE, path, access: 'write', flags: { create: true, exclusive: true }, mode: 0o644 },
  { op: 'close', handle: HANDLE },
];

const numbered = (prefix: string): Path[] =>
  Array.from({ length: PROBES }, (_, index) => `${prefix}${index}`);

/** Names in one directory, from a hundred to so many. */
export const growingDirectory = (files: number): Growing => ({
  name: 'files of one directory',
  sizes: [100, 1_000, 10_000, 100_000].filter((size) => size <= files),
  sizeText: (size) => `${size.toLocaleString('en-US')} files`,
  setup: (size) => ({
    ...DEFAULT_SETUP,
    sizeBytes: DEVICE_MIN_BYTES + 4096 * Math.ceil((size * BYTES_PER_FILE) / 4096),
    inodes: size + SPARE_INODES,
  }),
  *grow(size) {
    yield { op: 'mkdir', path: 'd', mode: 0o755 };
    for (let number = 0; number < size; number++) yield* create(`d/file${number}`);
    yield { op: 'sync' };
  },
  probes: probesBeside,
});

function probesBeside(size: number): Probe[] {
  const news = numbered('d/new');
  const others = numbered('d/other');
  const old = Array.from(
    { length: PROBES },
    (_, index): Path => `d/file${Math.floor((index * size) / PROBES)}`,
  );
  return [
    { verb: 'create and close', operations: news.flatMap(create) },
    { verb: 'stat', operations: old.map((path): Operation => ({ op: 'stat', path })) },
    {
      verb: 'open and close',
      operations: old.flatMap((path): Operation[] => [
        { op: 'open', as: HANDLE, path, access: 'read', flags: {}, mode: 0 },
        { op: 'close', handle: HANDLE },
      ]),
    },
    {
      verb: 'rename',
      operations: news.map((from, index): Operation => ({ op: 'rename', from, to: others[index] ?? '' })),
    },
    { verb: 'unlink', operations: others.map((path): Operation => ({ op: 'unlink', path })) },
    { verb: 'sync', operations: [{ op: 'sync' }] },
  ];
}
