import { describe } from 'vitest';
import type { Program } from './real-kernel/call.fixture.ts';
import { likeTheKernel } from './real-kernel/compare.fixture.ts';

const FS_IMMUTABLE_FL = 0x10;
const FS_APPEND_FL = 0x20;
const FS_EXTENT_FL = 0x80000;

/** Who may not wait, and what the file forbids: which answer comes first depends on how the file is opened. */
const withoutWaiting = (flag: number, open: readonly ('append' | 'direct')[]): Program => [
  ['open', 'f', 'f', 'read-write', ['create', ...open], 0o644],
  ['pwritev', 'f', 0, 4096, 1, {}],
  ['fsync', 'f'],
  ['setFlags', 'f', FS_EXTENT_FL | flag],
  ...[0, 512, 4096, 8192].flatMap((offset): Program =>
    [0, 100, 512].flatMap((length): Program => [
      ['pwritev', 'f', offset, length, 2, { rwf: ['nowait'] }],
      ['pwritev', 'f', offset, length, 2, {}],
    ]),
  ),
  ['setFlags', 'f', FS_EXTENT_FL],
  ['sum', 'f'],
];

describe.each([[[]], [['inline_data']]])('a write that may not wait, by flags of the file %j', (features) => {
  const programs = [0, FS_IMMUTABLE_FL, FS_APPEND_FL].flatMap((flag) =>
    ([[], ['append'], ['direct'], ['append', 'direct']] as const).map(
      (open) => [`${flag} ${open.join(' ')}`, withoutWaiting(flag, open)] as const,
    ),
  );
  likeTheKernel(Object.fromEntries(programs), features);
});
