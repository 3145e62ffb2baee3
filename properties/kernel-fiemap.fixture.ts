import { execaSync } from 'execa';
import { expect } from 'vitest';
import { PYTHON } from '../harness/targets/kernel/performer.ts';
import { joined, type Piece } from './e2fsprogs-view.fixture.ts';

/** FIEMAP of every file below a directory, by path: places and lengths in bytes, and the flags of linux/fiemap.h. */
const FIEMAP = `
import array, fcntl, json, os, stat, struct, sys
root = os.fsencode(sys.argv[1])
def extents(path):
    found, start = [], 0
    file = os.open(path, os.O_RDONLY | os.O_NOATIME)
    try:
        while True:
            request = array.array('B', struct.pack('=QQIIII', start, 2 ** 64 - 1 - start, 0, 0, 200, 0) + bytes(56 * 200))
            fcntl.ioctl(file, 0xC020660B, request)
            count = struct.unpack_from('=I', request, 20)[0]
            for index in range(count):
                logical, physical, length, _, _, flags = struct.unpack_from('=QQQQQI', request, 32 + 56 * index)
                found.append([logical, physical, length, flags])
            if count == 0 or found[-1][3] & 1: return found
            start = found[-1][0] + found[-1][2]
    finally:
        os.close(file)
every = {}
for folder, _, files in os.walk(root):
    for name in files:
        path = os.path.join(folder, name)
        if stat.S_ISREG(os.lstat(path).st_mode):
            every[os.fsdecode(os.path.relpath(path, root))] = extents(path)
json.dump(every, sys.stdout)
`;

const UNWRITTEN = 0x800;
const DATA_INLINE = 0x200;

type Extent = readonly [logical: number, physical: number, length: number, flags: number];

/**
 * What the kernel says of where the files lie that it has mounted at `root` is what we found in the image before, in blocks.
 * Answers how many pieces of files that were.
 */
export function fiemapsAgree(
  root: string,
  ours: ReadonlyMap<string, { readonly blocks: number; readonly pieces: readonly Piece[] }>,
  blockSize: number,
): number {
  let compared = 0;
  const { stdout } = execaSync(PYTHON, ['-c', FIEMAP, root], { maxBuffer: 2 ** 28 });
  const theirs = JSON.parse(stdout) as Record<string, readonly Extent[]>;
  for (const [name, { blocks, pieces }] of ours) {
    const told = theirs[name] ?? expect.fail(`the kernel has no file ${name}`);
    const placed = told
      .filter(([, , , flags]) => (flags & DATA_INLINE) === 0)
      .map(([logical, physical, length, flags]): Piece => ({
        logical: logical / blockSize,
        physical: physical / blockSize,
        length: Math.min(length / blockSize, blocks - logical / blockSize),
        unwritten: (flags & UNWRITTEN) !== 0,
      }));
    // Beyond the end there may be unwritten ones.
    expect(joined(placed.filter(({ length }) => length > 0)), name).toEqual(joined(pieces));
    compared += pieces.length;
  }
  return compared;
}
