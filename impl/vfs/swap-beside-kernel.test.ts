import { execa } from 'execa';
import { withDir } from 'tmp-promise';
import { expect } from 'vitest';
import type { FileSystem } from './file-system.ts';
import { python, scriptedKernelTest, withKernelMount } from './kernel-mount.fixture.ts';
import { newDisk, outcome, testMount } from './test-mount.fixture.ts';

/** swapon(2), swapoff(2), and what others may do meanwhile, beside the real kernel: for a moment it swaps to the file. */

const PAGE = 4096;
const PAGES = 16;
const SIZE = PAGES * PAGE;

/** What mkswap(8) writes to the first page, by byte. */
const HEADER: readonly (readonly [offset: number, bytes: readonly number[]])[] = [
  [1024, [1, 0, 0, 0, PAGES - 1, 0, 0, 0]],
  [PAGE - 10, [...new TextEncoder().encode('SWAPSPACE2')]],
];

/** One call on file `path`, of which `fd` is a descriptor, for us and in python. */
type Call = readonly [ours: (fs: FileSystem, path: string, fd: number) => unknown, python: string];

const SWAPON: Call = [(fs, path) => fs.swapon(path), 'checked(libc.swapon(path.encode(), 0))'];
const SWAPOFF: Call = [(fs, path) => fs.swapoff(path), 'checked(libc.swapoff(path.encode()))'];
const CUT: Call = [(fs, _, fd) => fs.ftruncate(fd, PAGE), `os.ftruncate(fd, ${PAGE})`];
const GROW: Call = [(fs, _, fd) => fs.ftruncate(fd, 2 * SIZE), `os.ftruncate(fd, ${2 * SIZE})`];
const ALLOCATE: Call = [
  (fs, _, fd) => fs.fallocate(fd, 'allocate', 0, SIZE),
  `os.posix_fallocate(fd, 0, ${SIZE})`,
];
const WRITE: Call = [(fs, _, fd) => fs.pwrite(fd, new Uint8Array(1), 0), "os.pwrite(fd, b'\\0', 0)"];
const TEAR: Call = [
  (fs, _, fd) => fs.pwrite(fd, new Uint8Array(10), PAGE - 10),
  `os.pwrite(fd, bytes(10), ${PAGE - 10})`,
];
const FILL: Call = [
  (fs, _, fd) => fs.pwrite(fd, new Uint8Array(SIZE), 0),
  `os.pwrite(fd, bytes(${SIZE}), 0)`,
];
const HEAD: Call = [
  (fs, _, fd) => {
    for (const [offset, bytes] of HEADER) fs.pwrite(fd, Uint8Array.from(bytes), offset);
  },
  `[os.pwrite(fd, bytes(b), o) for o, b in ${JSON.stringify(HEADER)}]`,
];
const UNLINK: Call = [(fs, path) => fs.unlink(path), 'os.unlink(path)'];
const RENAME: Call = [(fs, path) => fs.rename(path, `${path}x`), "os.rename(path, path + 'x')"];
const SYNC: Call = [(fs, _, fd) => fs.fsync(fd), 'os.fsync(fd)'];

const PROGRAMS: Readonly<Record<string, readonly Call[]>> = {
  allocated: [
    ALLOCATE,
    HEAD,
    SWAPON,
    SWAPON,
    WRITE,
    CUT,
    UNLINK,
    RENAME,
    GROW,
    ALLOCATE,
    SWAPOFF,
    SWAPOFF,
    WRITE,
    CUT,
  ],
  delayed: [FILL, HEAD, SWAPON, TEAR, SWAPOFF, TEAR, SWAPON],
  written: [FILL, HEAD, SYNC, SWAPON, SWAPOFF, UNLINK, SWAPON],
  holes: [HEAD, GROW, SWAPON, SWAPOFF],
  short: [ALLOCATE, HEAD, CUT, SWAPON],
  torn: [ALLOCATE, HEAD, TEAR, SWAPON],
  empty: [SWAPON, SWAPOFF],
};

const SCRIPT = `
import ctypes, errno, json, os, sys
libc = ctypes.CDLL(None, use_errno=True)
os.chdir(sys.argv[1])
def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), 'swap')
answers = {}
for path, calls in json.load(open(sys.argv[2])).items():
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    answers[path] = []
    try:
        for call in calls:
            try:
                exec(call)
                answers[path].append('done')
            except OSError as error:
                answers[path].append(errno.errorcode[error.errno])
    finally:
        libc.swapoff(path.encode())
        os.close(fd)
print(json.dumps(answers))
`;

function answersOfOurs(bufferedIomap: boolean): Record<string, string[]> {
  const fs = testMount(newDisk(1024, 16 << 20), { bufferedIomap });
  return Object.fromEntries(
    Object.entries(PROGRAMS).map(([path, calls]) => {
      const fd = fs.open(path, { access: 'read-write', create: true });
      const answers = calls.map(([call]) => outcome(() => call(fs, path, fd)));
      outcome(() => fs.swapoff(path));
      fs.close(fd);
      return [path, answers];
    }),
  );
}

scriptedKernelTest('the kernel answers the same of files that it swaps to', async (context) => {
  await withDir(
    async ({ path }) => {
      const image = `${path}/image`;
      await execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '1024', image, '16M']);
      const programs = Object.fromEntries(
        Object.entries(PROGRAMS).map(([name, calls]) => [name, calls.map(([, text]) => text)]),
      );
      const kernel = await withKernelMount(image, (root) => python(SCRIPT, root, programs));
      const first = (kernel as Record<string, string[]>)['allocated']?.[2];
      // In a container, or a kernel that was built without.
      if (first === 'EPERM' || first === 'ENOSYS') context.skip(`unknown: swapon answers ${first} here`);
      for (const bufferedIomap of [false, true]) expect(answersOfOurs(bufferedIomap)).toEqual(kernel);
    },
    { unsafeCleanup: true },
  );
});
