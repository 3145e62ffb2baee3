import { execaSync } from 'execa';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import type { BlockDevice } from '../../block/block-device.ts';
import { MemoryDisk } from '../../block/memory-disk.ts';
import { NO_FAULTS } from '../../lib/faults.ts';
import { FolioPool } from '../../mm/folio-pool.ts';
import { Journal } from '../../jbd2/journal.ts';
import { assert } from '../../lib/assert.ts';
import { Scheduler } from '../../sched/scheduler.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import type { Inode } from '../inode/inode.ts';
import { mountSuperBlock, unmountSuperBlock } from '../super/mount.ts';
import type { SuperBlock } from '../super/super-block.ts';

/** The empty file in the root directory of `newDisk`: the first inode after lost+found. */
export const FILE_INO = 12;

const pool = new FolioPool();

function inFolder<T>(use: (path: string) => T): T {
  const folder = mkdtempSync(`${tmpdir()}/extents-`);
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What mke2fs makes, with one empty file in it, and the smallest journal there is: 1024 blocks. */
export function newDisk(blockSize: 1024 | 4096, sizeBytes: number): MemoryDisk {
  return inFolder((folder) => {
    mkdirSync(`${folder}/source`);
    writeFileSync(`${folder}/source/file`, '');
    const options = [
      '-q',
      '-F',
      '-t',
      'ext4',
      '-b',
      `${blockSize}`,
      '-d',
      `${folder}/source`,
      '-J',
      `size=${blockSize / 1024}`,
    ];
    execaSync('mke2fs', [...options, `${folder}/image`, `${sizeBytes / 1024}k`]);
    const bytes = new Uint8Array(readFileSync(`${folder}/image`));
    return MemoryDisk.load(sizeBytes, (offset, target) => {
      target.set(bytes.subarray(offset, offset + target.length));
      return Math.min(target.length, bytes.length - offset);
    });
  });
}

function withImage<T>(disk: MemoryDisk, use: (path: string) => T): T {
  return inFolder((folder) => {
    const path = `${folder}/image`;
    const file = openSync(path, 'w');
    truncateSync(path, disk.sizeBytes);
    for (const { offset, pages } of disk.extents()) {
      for (const [index, page] of pages.entries())
        writeSync(file, page, 0, page.length, offset + index * page.length);
    }
    closeSync(file);
    return use(path);
  });
}

/** What e2fsck says, or 'clean'. That a tree could be narrower it is not asked: the kernel's trees could be, too. */
export const e2fsck = (disk: MemoryDisk): string =>
  withImage(disk, (path) => {
    const options = ['-fn', '-E', 'no_optimize_extents', path];
    const { exitCode, stdout } = execaSync('e2fsck', options, { reject: false });
    return exitCode === 0 ? 'clean' : stdout;
  });

/** The extents of the file as debugfs shows them: `[logical, length, physical, unwritten]`. */
export const debugfsExtents = (disk: MemoryDisk): [number, number, number, boolean][] =>
  withImage(disk, (path) => {
    const { stdout } = execaSync('debugfs', ['-R', `dump_extents -l <${FILE_INO}>`, path]);
    const line = /^\s*\d+\/\s*\d+\s+\d+\/\s*\d+\s+(\d+)\s+-\s+\d+\s+(\d+)\s+-\s+\d+\s+(\d+)(\s+Uninit)?\s*$/;
    return stdout.split('\n').flatMap((text): [number, number, number, boolean][] => {
      const match = line.exec(text);
      return match === null
        ? []
        : [[Number(match[1]), Number(match[3]), Number(match[2]), match[4] !== undefined]];
    });
  });

export interface RealMount {
  readonly sb: SuperBlock;
  readonly inode: Inode;
  run<T>(body: Sleepable<T>): T;
  unmount(): void;
}

export function realMount(device: BlockDevice): RealMount {
  const scheduler = new Scheduler();
  const run = <T>(body: Sleepable<T>): T => scheduler.run('test', body);
  const options = {
    bufferedIomap: false,
    delalloc: true,
    dax: null,
    dioreadNolock: true,
    readOnly: false,
    discard: false,
    sync: false,
    dirsync: false,
    atime: 'noatime',
    errors: 'continue',
    data: 'ordered',
    dataErr: 'ignore',
    journalChecksum: false,
    noload: false,
    resuid: null,
    resgid: null,
    callbackCounts: null,
    faults: NO_FAULTS,
  } as const;
  const sb = run(
    mountSuperBlock(device, scheduler, options, pool, { seconds: 1_700_000_000, nanoseconds: 0 }),
  );
  const inode = run(sb.inodes.get(FILE_INO));
  return { sb, inode, run, unmount: () => run(unmountSuperBlock(sb)) };
}

/** The journal of a file system that has one. */
export function logOf({ journal }: SuperBlock): Journal {
  assert(journal instanceof Journal, 'a file system without a journal');
  return journal;
}
