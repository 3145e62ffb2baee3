import { describe, expect, test } from 'vitest';
import type { Operation } from '../../model/index.ts';
import { caseOf, OPEN, read, write } from '../export/case.fixture.ts';
import { FSX_OPS } from '../export/fsx.ts';
import { reproductionOf } from '../export/reproduction.ts';
import { programText } from '../program-text.ts';
import { isFsxLog, readFsxLog } from './fsx-log.ts';
import { readFsxOps } from './fsx-ops-file.ts';
import { fsxProgram } from './fsx-program.ts';
import { xfsIoProgram } from './xfs-io-commands.ts';

const lines = (operations: readonly Operation[]): string[] =>
  programText(operations, null).map((line) => line.replace(/^ +\d+ +/, ''));

const ofOps = (text: string, blockSize = 4096): string[] =>
  lines(fsxProgram(readFsxOps(text), { blockSize }).operations);

describe('ops files of fsx', () => {
  test('each operation', () =>
    expect(
      ofOps(`# a comment
write 0x0 0x1000 0x0
skip write 0x0 0x1 0x1000
truncate 0x0 0x64 0x1000 close_open
fallocate 0x0 0x2000 0x64 keep_size *
punch_hole 0x10 0x20 0x64`),
    ).toEqual([
      'fd0 = open("f", read-write + create, mode 0644)',
      'pwrite(fd0, 4096 bytes of content 1, at 0)',
      'ftruncate(fd0, 100)',
      'close(fd0)',
      'fd1 = open("f", read-write)',
      'fallocate(fd1, keep-size, 8192 bytes, at 0)',
      'fallocate(fd1, punch, 32 bytes, at 16)',
    ]));

  // TRIM_OFF_LEN: offset modulo the size, and what reaches beyond is cut; collapse and insert are rounded down to blocks.
  test('trims as fsx does', () =>
    expect(
      ofOps(`write 0x0 0x3000 0x0
read 0x2fff 0x10 0x3000
read 0x3001 0x10 0x3000
collapse_range 0x1001 0x1fff 0x3000
insert_range 0x1fff 0x1001 0x2000`).slice(2),
    ).toEqual([
      'pread(fd0, 1 bytes, at 12287)',
      'pread(fd0, 16 bytes, at 1)',
      'fallocate(fd0, collapse, 4096 bytes, at 4096)',
      'fallocate(fd0, insert, 4096 bytes, at 4096)',
    ]));

  test('a store makes the file long enough and is written out', () =>
    expect(ofOps('mapwrite 0x1004 0x8 0x0').slice(1)).toEqual([
      'ftruncate(fd0, 4108)',
      'map0 = mmap(fd0, 12 bytes, at 4096, shared, read-write)',
      'store(map0, 8 bytes of content 1, at 4)',
      'msync(map0, 12 bytes, at 0, sync)',
      'munmap(map0)',
    ]));

  test('what we export comes back', () => {
    const operations = [OPEN, write(0, 8192, 1), read(100, 50), write(4096, 10, 2)];
    const { text } = FSX_OPS.write(reproductionOf(caseOf(operations)));
    expect(fsxProgram(readFsxOps(text), { blockSize: 4096 }).operations).toEqual(operations);
  });

  test.each([
    ['fly 0x0 0x1 0x0', 'line 1: found "fly", expected an operation of fsx'],
    ['constructor 0 0 0', 'line 1: found "constructor", expected an operation of fsx'],
    ['write 0x0', 'line 1: found 1 numbers behind write, expected 3'],
    ['\nwrite 0x0 0xfffffffff 0x0', 'line 2: found "0xfffffffff", expected a number of 32 bits'],
    ['write 0x0 0x1 0x0 now', 'line 1: found "now", expected keep_size, close_open or *'],
  ])('%j is refused', (text, message) => expect(() => readFsxOps(text)).toThrow(message));

  test('what we have no words for is named', () =>
    expect(
      fsxProgram(readFsxOps('write 0x0 0x1 0x0\nclone_range 0x0 0x1 0x5 0x1'), { blockSize: 4096 }).untold,
    ).toEqual([{ line: 2, why: 'twinpath has no clone_range' }]));
});

// The form of ltp/fsx.c's logdump.
const LOG = `READ BAD DATA: offset = 0x0, size = 0x1000, fname = /mnt/junk
LOG DUMP (5 total operations):
1(  1 mod 256): WRITE    0x0 thru 0xfff\t(0x1000 bytes) EXTEND
2(  2 mod 256): SKIPPED (no operation)
3(  3 mod 256): TRUNCATE DOWN\tfrom 0x1000 to 0x64
4(  4 mod 256): FALLOC   0x0 thru 0x2000\t(0x2000 bytes) PAST_EOF
5(  5 mod 256): READ     0x0 thru 0x63\t(0x64 bytes)\t***RRRR***
Log of operations saved to "/mnt/junk.fsxops"; replay with --replay-ops`;

test('the log of fsx says the same as its ops file', () => {
  expect(isFsxLog(LOG)).toBe(true);
  expect(lines(fsxProgram(readFsxLog(LOG), { blockSize: 4096 }).operations)).toEqual(
    ofOps(
      'write 0x0 0x1000 0x0\ntruncate 0x0 0x64 0x1000\nfallocate 0x0 0x2000 0x64 keep_size\nread 0x0 0x64 0x64',
    ),
  );
});

describe('commands of xfs_io', () => {
  test('command lines and lists', () => {
    const text = `# from a test
$XFS_IO_PROG -f -c "pwrite -S 0x61 0 4k" -c 'falloc -k 4096 1m' -c fsync $file
pwrite -W 0x10 16
mmap -rw 0 8k
mwrite -S 0x62 4100 8
munmap
truncate 1k`;
    expect(lines(xfsIoProgram(text).operations).slice(1)).toEqual([
      'pwrite(fd0, 4096 bytes of content 1, at 0)',
      'fallocate(fd0, keep-size, 1048576 bytes, at 4096)',
      'fsync(fd0)',
      'pwrite(fd0, 16 bytes of content 2, at 16)',
      'fsync(fd0)',
      'map0 = mmap(fd0, 8192 bytes, at 0, shared, read-write)',
      'store(map0, 8 bytes of content 3, at 4100)',
      'munmap(map0)',
      'ftruncate(fd0, 1024)',
    ]);
  });

  test('what we have no words for is named', () =>
    expect(xfsIoProgram('reflink a 0 0 4k').untold).toEqual([
      { line: 1, why: 'twinpath has nothing for reflink' },
    ]));

  test('a number that is none is refused', () =>
    expect(() => xfsIoProgram('pwrite 0 4x')).toThrow('line 1: found "4x", expected a number of bytes'));
});
