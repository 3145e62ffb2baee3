import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { debugfs, e2fsck } from './disk-image.fixture.ts';
import type { Program } from './real-kernel/call.fixture.ts';
import { likeTheKernel } from './real-kernel/compare.fixture.ts';
import { newDisk, outcome, putFile, testMount } from './test-mount.fixture.ts';

const FS_SYNC_FL = 0x8;
const FS_IMMUTABLE_FL = 0x10;
const FS_APPEND_FL = 0x20;
const FS_NODUMP_FL = 0x40;
const FS_NOATIME_FL = 0x80;
const FS_INDEX_FL = 0x1000;
const FS_JOURNAL_DATA_FL = 0x4000;
const FS_DIRSYNC_FL = 0x10000;
const FS_TOPDIR_FL = 0x20000;
const FS_EXTENT_FL = 0x80000;
const FS_VERITY_FL = 0x100000;
const FS_DAX_FL = 0x2000000;
const FS_PROJINHERIT_FL = 0x20000000;
const FS_CASEFOLD_FL = 0x40000000;

const USER = ['caller', 1000, 100, []] as const;
const ROOT = ['caller', 0, 0, []] as const;

const TREE: Program = [
  ['mkdir', 'd', 0o777],
  ['mkdir', 'd/s', 0o777],
  ['mknod', 'd/s/inside', 'file', 0o666, 0, 0],
  ['mknod', 'd/f', 'file', 0o666, 0, 0],
  ['mknod', 'd/g', 'file', 0o666, 0, 0],
  ['mkdir', 'e', 0o777],
  ['mknod', 'e/h', 'file', 0o666, 0, 0],
  ['open', 'f', 'd/f', 'read-write', [], 0],
  ['open', 's', 'd/s', 'read', ['directory'], 0],
  ['open', 'd', 'd', 'read', ['directory'], 0],
];

/** Everything that could be done to a file and to a directory, one after the other. */
const EVERYTHING: Program = [
  ['mark', 'd/f', 'd/s', 'd'],
  ['open', 'x', 'd/f', 'read', [], 0],
  ['open', 'x', 'd/f', 'write', [], 0],
  ['open', 'x', 'd/f', 'write', ['append'], 0],
  ['open', 'x', 'd/f', 'read', ['truncate'], 0],
  ['open', 'x', 'd/f', 'write', ['append', 'truncate'], 0],
  ['open', 'x', 'd/f', 'write', ['create', 'append'], 0],
  ['write', 'f', 0],
  ['write', 'f', 3],
  ['read', 'f', 3],
  ['ftruncate', 'f', 1],
  ['truncate', 'd/f', 1],
  ['chmod', 'd/f', 0o600],
  ['chown', 'd/f', 5, 5],
  ['chown', 'd/f', -1, -1],
  ['utimens', 'd/f', 'now', 'now'],
  ['utimens', 'd/f', 'now', 'omit'],
  ['utimens', 'd/f', [1, 2], [3, 4]],
  ['link', 'd/f', 'e/link'],
  ['linkHandle', 'f', 'e/link2'],
  ['rename', 'd/f', 'e/f', []],
  ['rename', 'e/f', 'd/f', []],
  ['rename', 'e/h', 'd/f', []],
  ['rename', 'e/h', 'd/f', ['exchange']],
  ['rename', 'd/f', 'd/f2', ['whiteout']],
  ['unlink', 'd/f'],
  ['changed', 'd/f'],
  ['mknod', 'd/s/new', 'file', 0o600, 0, 0],
  ['open', 'x', 'd/s/new', 'write', ['create'], 0o600],
  ['open', 'x', 'd/s', 'write', ['tmpfile'], 0o600],
  ['mkdir', 'd/s/dir', 0o700],
  ['symlink', 'x', 'd/s/way'],
  ['link', 'd/g', 'd/s/link'],
  ['rename', 'd/g', 'd/s/g', []],
  ['rename', 'd/s/inside', 'd/s/moved', []],
  ['rename', 'd/s/inside', 'd/g', ['exchange']],
  ['unlink', 'd/s/inside'],
  ['rename', 'd/s', 'e/s', []],
  ['rename', 'd/s', 'd/t', []],
  ['rmdir', 'd/s'],
  ['chmod', 'd/s', 0o700],
  ['utimens', 'd/s', 'now', 'now'],
  ['changed', 'd/s'],
  ['changed', 'd'],
  ['readdir', 'd'],
  ['readdir', 'e'],
];

describe('what immutable and append-only files allow', () => {
  const flags = [0, FS_IMMUTABLE_FL, FS_APPEND_FL, FS_IMMUTABLE_FL | FS_APPEND_FL];
  likeTheKernel(
    Object.fromEntries(
      flags.flatMap((each) =>
        [ROOT, USER].flatMap((caller) =>
          (['f', 's', 'd'] as const).map((file) => [
            `${file} with ${each.toString(16)} by ${caller[1]}`,
            [
              ...TREE,
              ...(caller === USER
                ? (['d', 'd/s', 'd/f', 'd/g', 'e', 'e/h', 'd/s/inside'].map((path) => [
                    'chown',
                    path,
                    1000,
                    100,
                  ]) as Program)
                : []),
              ['mark', 'd/f', 'd/s', 'd'],
              ['setFlags', file, each | FS_EXTENT_FL],
              ['changed', file === 'f' ? 'd/f' : file === 's' ? 'd/s' : 'd'],
              caller,
              ...EVERYTHING,
              ['setFlags', file, each | FS_EXTENT_FL | FS_NODUMP_FL],
              ['setFlags', file, FS_EXTENT_FL],
              ['getFlags', file],
              ROOT,
              ['setFlags', file, FS_EXTENT_FL],
              ['getFlags', file],
            ],
          ]),
        ),
      ),
    ),
  );
});

describe('an append-only file keeps the bits that let it run as its owner', () => {
  const program: Program = [
    ...TREE,
    ['setFlags', 'f', FS_EXTENT_FL | FS_APPEND_FL],
    ['chmod', 'd/f', 0o6775],
    ['setFlags', 'f', FS_EXTENT_FL],
    ['chmod', 'd/f', 0o6775],
    ['setFlags', 'f', FS_EXTENT_FL | FS_APPEND_FL],
    ['chown', 'd/f', -1, -1],
    ['lstat', 'd/f'],
    USER,
    ['write', 'f', 8],
    ['lstat', 'd/f'],
    ROOT,
    ['write', 'f', 8],
    ['lstat', 'd/f'],
  ];
  likeTheKernel({ 'so that it cannot be written to': program });
});

describe('setting flags', () => {
  const sets = [
    0,
    FS_EXTENT_FL,
    FS_EXTENT_FL | FS_NODUMP_FL | FS_NOATIME_FL,
    FS_EXTENT_FL | FS_DIRSYNC_FL,
    FS_EXTENT_FL | FS_TOPDIR_FL,
    FS_EXTENT_FL | FS_SYNC_FL,
    FS_EXTENT_FL | FS_INDEX_FL,
    FS_EXTENT_FL | FS_VERITY_FL,
    FS_EXTENT_FL | FS_PROJINHERIT_FL,
    FS_EXTENT_FL | FS_CASEFOLD_FL,
    FS_EXTENT_FL | 0x2000,
    FS_EXTENT_FL | 0x40000,
    FS_EXTENT_FL | 0xf,
    FS_EXTENT_FL | FS_APPEND_FL,
  ];
  likeTheKernel({
    'one after the other': [
      ...TREE,
      ...sets.flatMap((set): Program => [
        ['setFlags', 'f', set],
        ['getFlags', 'f'],
        ['setFlags', 's', set],
        ['getFlags', 's'],
      ]),
    ],
    'by the owner and by others': [
      ...TREE,
      ['chown', 'd/f', 1000, 100],
      USER,
      ...sets.slice(1).flatMap((set): Program => [
        ['setFlags', 'f', set],
        ['getFlags', 'f'],
        ['setFlags', 's', set],
      ]),
    ],
    'what is made in a directory inherits': [
      ...TREE,
      [
        'setFlags',
        's',
        FS_EXTENT_FL | FS_NODUMP_FL | FS_NOATIME_FL | FS_DIRSYNC_FL | FS_SYNC_FL | FS_TOPDIR_FL,
      ],
      ['open', 'x', 'd/s/x', 'read-write', ['create'], 0o600],
      ['getFlags', 'x'],
      ['mkdir', 'd/s/y', 0o700],
      ['open', 'y', 'd/s/y', 'read', ['directory'], 0o600],
      ['getFlags', 'y'],
      ['open', 'z', 'd/s', 'write', ['tmpfile'], 0o600],
      ['getFlags', 'z'],
      ['mknod', 'd/s/pipe', 'fifo', 0o600, 0, 0],
      ['lstat', 'd/s/pipe'],
    ],
    'the generation with checksums': [...TREE, ['setGeneration', 'f', 77], USER, ['setGeneration', 'f', 77]],
  });
  describe('without checksums', () => {
    likeTheKernel(
      {
        'the generation': [
          ...TREE,
          ['mark', 'd/f'],
          ['setGeneration', 'f', 0xdeadbeef],
          ['changed', 'd/f'],
          ['getGeneration', 'f'],
          USER,
          ['setGeneration', 'f', 77],
        ],
      },
      ['^metadata_csum'],
    );
  });
});

/** Each flag alone, there and back. */
const EVERY_FLAG: Program = [
  ...TREE,
  ['mknod', 'd/p', 'fifo', 0o666, 0, 0],
  ...Array.from({ length: 32 }, (_, bit) => 2 ** bit)
    .filter((flag) => flag !== FS_JOURNAL_DATA_FL)
    .map((flag) => flag | FS_EXTENT_FL)
    .flatMap((flags): Program => [
      ['setFlags', 'f', flags >>> 0],
      ['getFlags', 'f'],
      ['setFlags', 's', flags >>> 0],
      ['getFlags', 's'],
      ['setFlags', 'f', FS_EXTENT_FL],
      ['setFlags', 's', FS_EXTENT_FL],
      ['setFlags', 'f', 0],
      ['getFlags', 'f'],
      ['setFlags', 'f', (flags & ~FS_EXTENT_FL) >>> 0],
      ['getFlags', 'f'],
      ['setFlags', 'f', FS_EXTENT_FL],
      ['getFlags', 'f'],
    ]),
];

/** What is journalled cannot be accessed directly, and the other way round. */
const DIRECT_ACCESS: Program = [
  ...TREE,
  ['setFlags', 'f', FS_EXTENT_FL | FS_DAX_FL],
  ['setFlags', 'f', FS_EXTENT_FL | FS_DAX_FL | FS_JOURNAL_DATA_FL],
  ['setFlags', 'f', FS_EXTENT_FL | FS_JOURNAL_DATA_FL],
  ['getFlags', 'f'],
  ['setFlags', 'f', FS_EXTENT_FL],
  ['setFlags', 'f', FS_EXTENT_FL | FS_JOURNAL_DATA_FL],
  ['setFlags', 'f', FS_EXTENT_FL | FS_JOURNAL_DATA_FL | FS_DAX_FL],
  ['getFlags', 'f'],
];

const JOURNAL_DATA: Program = [
  ...TREE,
  ['write', 'f', 5000],
  ['mark', 'd/f'],
  ['setFlags', 'f', FS_EXTENT_FL | FS_JOURNAL_DATA_FL],
  ['changed', 'd/f'],
  ['getFlags', 'f'],
  ['write', 'f', 3000],
  ['setFlags', 'f', FS_EXTENT_FL | FS_JOURNAL_DATA_FL | FS_IMMUTABLE_FL],
  ['setFlags', 'f', FS_EXTENT_FL | FS_IMMUTABLE_FL],
  ['setFlags', 'f', FS_EXTENT_FL],
  ['getFlags', 'f'],
  ['write', 'f', 3000],
  ['lstat', 'd/f'],
  ['setFlags', 's', FS_EXTENT_FL | FS_JOURNAL_DATA_FL],
  ['open', 'x', 'd/s/x', 'read-write', ['create'], 0o600],
  ['getFlags', 'x'],
  ['chown', 'd/s/x', 1000, 100],
  ['open', 'x', 'd/s/x', 'read-write', [], 0],
  USER,
  ['setFlags', 'x', FS_EXTENT_FL],
  ['setFlags', 'x', FS_EXTENT_FL | FS_JOURNAL_DATA_FL | FS_NODUMP_FL],
  ['getFlags', 'x'],
];

/** Sizes with and without a hole, on both sides of what pointers in i_block reach (12 blocks of 1024 bytes). */
const MIGRATIONS: Program = [
  ...TREE,
  ...[0, 1, 5000, 12 * 1024, 12 * 1024 + 1, 100_000].flatMap((size): Program => [
    ['open', 'm', `m${size}`, 'read-write', ['create'], 0o600],
    ['write', 'm', size],
    // The kernel starts to write and does not wait: what is unwritten until then cannot migrate.
    ['fsync', 'm'],
    ['mark', `m${size}`],
    ['setFlags', 'm', FS_NODUMP_FL],
    ['changed', `m${size}`],
    ['getFlags', 'm'],
    ['write', 'm', 3000],
    ['ftruncate', 'm', size + 500_000],
    ['open', 'm', `m${size}`, 'read-write', ['append'], 0o600],
    ['write', 'm', 20_000],
    ['mark', `m${size}`],
    ['setFlags', 'm', FS_EXTENT_FL | FS_NOATIME_FL],
    ['changed', `m${size}`],
    ['getFlags', 'm'],
    ['write', 'm', 20_000],
    ['setFlags', 'm', FS_NODUMP_FL],
    ['ftruncate', 'm', 1],
    ['getFlags', 'm'],
    ['setFlags', 'm', FS_NODUMP_FL],
    ['getFlags', 'm'],
    ['lstat', `m${size}`],
  ]),
  ['setFlags', 's', FS_NODUMP_FL],
  ['getFlags', 's'],
  ...Array.from({ length: 60 }, (_, index) => ['mkdir', `d/s/${'long'.repeat(20)}${index}`, 0o700] as const),
  ['setFlags', 's', FS_EXTENT_FL],
  ['getFlags', 's'],
  ['setFlags', 's', 0],
  ['rmdir', `d/s/${'long'.repeat(20)}3`],
  ['readdir', 'd/s'],
];

/** Bit 24 of the effective set. */
function hasResourceCapability(): boolean {
  const [, digits = '0'] = /CapEff:\s+(\S+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return (BigInt(`0x${digits}`) >> 24n) % 2n === 1n;
}

const FLAG_PROGRAMS = {
  'every flag': EVERY_FLAG,
  'extents and pointers': MIGRATIONS,
  // Only who has CAP_SYS_RESOURCE changes it, which root in a container may be without.
  ...(hasResourceCapability() && { 'direct access': DIRECT_ACCESS, 'journalled data': JOURNAL_DATA }),
};

test('the kernel is asked about journalled data', (context) => {
  context.skip(!hasResourceCapability(), 'unknown: root without CAP_SYS_RESOURCE');
});

describe.each([
  ['with a journal', ['has_journal']],
  ['without a journal', ['^has_journal']],
  ['without extents', ['^extent', '^64bit']],
  ['with data in inodes', ['inline_data', 'has_journal']],
])('all flags, %s', (_, features) => {
  likeTheKernel(FLAG_PROGRAMS, features);
});

const PROJECTS: Program = [
  ...TREE,
  ['open', 'e', 'e', 'read', ['directory'], 0],
  ['setProject', 'd', 7, true],
  ['setProject', 's', 7, true],
  ['setProject', 'e', 8, true],
  ['mark', 'd/f', 'd', 'e'],
];

const PROJECT_PROGRAMS: Readonly<Record<string, Program>> = {
  'who may set': [
    ...TREE,
    ['mark', 'd/f'],
    ['setProject', 'f', 5, null],
    ['changed', 'd/f'],
    ['getProject', 'f'],
    ['setProject', 'f', 5, true],
    ['setProject', 'f', 0xffffffff, null],
    ['setProject', 'f', 0xfffffffe, null],
    ['getProject', 'f'],
    ['setProject', 's', 5, true],
    ['getFlags', 's'],
    ['setProject', 's', 0, false],
    ['getFlags', 's'],
    USER,
    ['setProject', 'f', 6, null],
    ROOT,
    ['chown', 'd/f', 1000, 100],
    USER,
    ['setProject', 'f', 6, null],
    ['getProject', 'f'],
  ],
  'an immutable file keeps its project': [
    ...TREE,
    ['setFlags', 'f', FS_EXTENT_FL | FS_IMMUTABLE_FL],
    ['setProject', 'f', 6, null],
    ['setProject', 'f', 0, null],
    ['getProject', 'f'],
    ['setFlags', 'f', FS_EXTENT_FL],
    ['setFlags', 'f', FS_EXTENT_FL | FS_APPEND_FL],
    ['setProject', 'f', 6, null],
    ['getProject', 'f'],
  ],
  inheritance: [
    ...PROJECTS,
    ['open', 'x', 'd/s/x', 'read-write', ['create'], 0o600],
    ['getProject', 'x'],
    ['getFlags', 'x'],
    ['mkdir', 'd/s/y', 0o700],
    ['open', 'y', 'd/s/y', 'read', ['directory'], 0o600],
    ['getProject', 'y'],
    ['getFlags', 'y'],
    ['open', 'z', 'd/s', 'write', ['tmpfile'], 0o600],
    ['getProject', 'z'],
    ['linkHandle', 'z', 'e/z'],
    ['linkHandle', 'z', 'd/z'],
  ],
  'nothing moves from one project to another': [
    ...PROJECTS,
    ['open', 'x', 'd/s/x', 'read-write', ['create'], 0o600],
    ['rename', 'd/s/x', 'e/x', []],
    ['rename', 'd/s/x', 'x', []],
    ['rename', 'x', 'e/x', []],
    ['rename', 'x', 'd/x', []],
    ['link', 'd/x', 'e/x'],
    ['link', 'd/x', 'x'],
    ['link', 'd/x', 'd/s/x'],
    ['rename', 'd/f', 'd/ff', []],
    ['rename', 'd/f', 'd/s/f', []],
    ['rename', 'd/x', 'e/h', ['exchange']],
    ['rename', 'd/x', 'x2', ['exchange']],
    ['rename', 'd/s', 'e/s', []],
    ['rename', 'd/s', 's', ['whiteout']],
    ['lstat', 'd/s'],
    ['rename', 's', 'e/s', []],
    ['changed', 'd'],
    ['changed', 'e'],
    ['readdir', 'd'],
    ['readdir', 'e'],
  ],
};

describe('projects', () => {
  likeTheKernel(PROJECT_PROGRAMS, ['project']);

  // Many kernels cannot be asked, because they are built without quota: what ext4_rename, ext4_link and __ext4_new_inode say.
  test('EXDEV, where a directory hands its project down', () => {
    const fs = testMount(newDisk(1024, 8 << 20, { features: ['project'] }));
    const setProject = (path: string, project: number): void => {
      const fd = fs.open(path, { access: 'read' });
      fs.setProject(fd, project, true);
      fs.close(fd);
    };
    const projectOf = (path: string): number => {
      const fd = fs.open(path, { access: 'read' });
      const project = fs.getProject(fd);
      fs.close(fd);
      return project;
    };
    for (const [name, project] of [
      ['seven', 7],
      ['eight', 8],
    ] as const) {
      fs.mkdir(name);
      setProject(name, project);
      putFile(fs, `${name}/f`);
      fs.mkdir(`${name}/d`);
      expect([projectOf(`${name}/f`), projectOf(`${name}/d`)]).toEqual([project, project]);
    }
    putFile(fs, 'none');
    expect(outcome(() => fs.rename('seven/f', 'eight/g'))).toBe('EXDEV');
    expect(outcome(() => fs.link('seven/f', 'eight/g'))).toBe('EXDEV');
    expect(outcome(() => fs.rename('seven/d', 'eight/d', { exchange: true }))).toBe('EXDEV');
    expect(outcome(() => fs.rename('none', 'seven/f', { exchange: true }))).toBe('EXDEV');
    expect(outcome(() => fs.rename('seven/f', 'none', { exchange: true }))).toBe('EXDEV');
    expect(outcome(() => fs.rename('none', 'seven/none'))).toBe('EXDEV');
    expect(outcome(() => fs.rename('seven/f', 'seven/d/f'))).toBe('done');
    expect(outcome(() => fs.rename('seven/d/f', 'out'))).toBe('done');
    expect(outcome(() => fs.link('out', 'seven/f'))).toBe('done');
    fs.closeAll();
    fs.unmount();
  });
});

describe('without the feature project', () => {
  likeTheKernel(PROJECT_PROGRAMS);
});

test('lsattr of debugfs and the inode table show what was set', async () => {
  const disk = newDisk();
  const fs = testMount(disk);
  putFile(fs, 'f');
  const fd = fs.open('f', { access: 'read' });
  fs.setFlags(fd, fs.getFlags(fd) | FS_IMMUTABLE_FL | FS_NOATIME_FL);
  fs.closeAll();
  fs.unmount();
  expect(await debugfs(disk, 'stat f')).toMatch(/Flags: 0x80090/);
  expect(await e2fsck(disk)).toBe('clean');
});
