import { execa } from 'execa';
import { withDir } from 'tmp-promise';
import { describe, expect, test } from 'vitest';
import type { MemoryDisk } from '../block/memory-disk.ts';
import { loadImage } from './disk-image.fixture.ts';
import type { FileSystem } from './file-system.ts';
import { python, scriptedKernelTest, withKernelMount } from './kernel-mount.fixture.ts';
import type { MountRequest } from './mount.ts';
import { newDisk, putFile, testMount } from './test-mount.fixture.ts';

/** chattr +S and +D, and the mount options sync and dirsync: what is durable when a call returns, and what is not. */

const FS_SYNC_FL = 0x8;
const FS_DIRSYNC_FL = 0x10000;

/** A directory for each set of flags. */
type Directories = Readonly<Record<string, number>>;
const DIRECTORIES: Directories = { plain: 0, sync: FS_SYNC_FL, dirsync: FS_DIRSYNC_FL };

/** One without a flag, beside the one that files are renamed to, for what the mount says of all. */
const UNFLAGGED: Directories = { plain: 0, below: 0 };

/** One call below such a directory, for us and in python. Everything before it is durable. */
interface Step {
  readonly name: string;
  readonly perform: (fs: FileSystem, dir: string) => void;
  readonly python: string;
}

const STEPS: readonly Step[] = [
  { name: 'create', perform: (fs, dir) => putFile(fs, `${dir}/a`), python: "open(d + '/a', 'w').close()" },
  { name: 'mkdir', perform: (fs, dir) => fs.mkdir(`${dir}/b`), python: "os.mkdir(d + '/b')" },
  { name: 'mknod', perform: (fs, dir) => fs.mknod(`${dir}/p`, 'fifo'), python: "os.mkfifo(d + '/p')" },
  {
    name: 'link',
    perform: (fs, dir) => fs.link(`${dir}/a`, `${dir}/c`),
    python: "os.link(d + '/a', d + '/c')",
  },
  {
    name: 'symlink',
    perform: (fs, dir) => fs.symlink('x', `${dir}/l`),
    python: "os.symlink('x', d + '/l')",
  },
  {
    name: 'rename away',
    perform: (fs, dir) => fs.rename(`${dir}/c`, `plain/${dir}`),
    python: "os.rename(d + '/c', 'plain/' + d)",
  },
  {
    name: 'rename to here',
    perform: (fs, dir) => fs.rename(`plain/${dir}`, `${dir}/e`),
    python: "os.rename('plain/' + d, d + '/e')",
  },
  { name: 'unlink', perform: (fs, dir) => fs.unlink(`${dir}/e`), python: "os.unlink(d + '/e')" },
  { name: 'rmdir', perform: (fs, dir) => fs.rmdir(`${dir}/b`), python: "os.rmdir(d + '/b')" },
  {
    name: 'write',
    perform: (fs, dir) => {
      const fd = fs.open(`${dir}/a`, { access: 'write' });
      fs.write(fd, new Uint8Array(5000).fill(0x78));
      fs.close(fd);
    },
    python: "f = os.open(d + '/a', os.O_WRONLY); os.write(f, b'x' * 5000); os.close(f)",
  },
  { name: 'chmod', perform: (fs, dir) => fs.chmod(`${dir}/a`, 0o600), python: "os.chmod(d + '/a', 0o600)" },
  { name: 'cut', perform: (fs, dir) => fs.truncate(`${dir}/a`, 100), python: "os.truncate(d + '/a', 100)" },
  {
    name: 'stretch',
    perform: (fs, dir) => fs.truncate(`${dir}/a`, 9000),
    python: "os.truncate(d + '/a', 9000)",
  },
  {
    name: 'setxattr',
    perform: (fs, dir) => fs.setxattr(`${dir}/a`, 'user.x', Uint8Array.of(1)),
    python: "os.setxattr(d + '/a', 'user.x', b'1')",
  },
  {
    name: 'setflags',
    perform: (fs, dir) => changeFlags(fs, `${dir}/a`, (flags) => flags | 0x40),
    python: "change_flags(d + '/a', lambda flags: flags | 0x40)",
  },
];

function changeFlags(fs: FileSystem, path: string, change: (flags: number) => number): void {
  const fd = fs.open(path, { access: 'read' });
  fs.setFlags(fd, change(fs.getFlags(fd)));
  fs.close(fd);
}

/** Performs the steps below each directory and copies the image after each, as a power cut would find it. */
const SCRIPT = `
import ctypes, fcntl, json, os, struct, subprocess, sys
root, given = sys.argv[1], json.load(open(sys.argv[2]))
os.umask(0)
os.chdir(root)
top = os.open('.', os.O_RDONLY)
def change_flags(path, change):
    fd = os.open(path, os.O_RDONLY)
    flags = struct.unpack('=I', fcntl.ioctl(fd, 0x80086601, b'\\0' * 4))[0]
    fcntl.ioctl(fd, 0x40086602, struct.pack('=I', change(flags)))
    os.close(fd)
for name, flags in given['directories'].items():
    os.mkdir(name)
    change_flags(name, lambda old: old | flags)
for d in given['directories']:
    for index, step in enumerate(given['steps']):
        ctypes.CDLL(None).syncfs(top)
        exec(step)
        subprocess.run(['cp', '--sparse=always', given['image'], '%s.%s.%d' % (given['image'], d, index)], check=True)
print('null')
`;

/** What the disk holds after a power cut: names, attributes and contents. */
function survivors(disk: MemoryDisk, dir: string, request: MountRequest = {}): string[] {
  const fs = testMount(disk, request);
  const lines = [...list(fs, dir), ...list(fs, 'plain')];
  fs.unmount();
  return lines;
}

function list(fs: FileSystem, dir: string): string[] {
  return fs.readdir(dir).map(({ name, type }) => {
    const path = `${dir}/${name}`;
    const { mode, size, links } = fs.lstat(path);
    if (type !== 'file') return `${path} ${type} ${mode.toString(8)} ${links}`;
    const fd = fs.open(path, { access: 'read' });
    const bytes = new Uint8Array(size);
    fs.read(fd, bytes);
    const flags = fs.getFlags(fd) & 0x40;
    fs.close(fd);
    const sum = bytes.reduce((total, byte) => total + byte, 0);
    return `${path} ${mode.toString(8)} ${links} ${size} ${sum} ${flags} ${fs.listxattr(path).join(' ')}`;
  });
}

type Survival = Record<string, string[]>;

/** By directory and step, what is left of it. */
function surviveOurs(request: MountRequest, directories = DIRECTORIES): Survival {
  const disk = newDisk(1024, 8 << 20);
  const fs = testMount(disk, request);
  for (const [name, flags] of Object.entries(directories)) {
    fs.mkdir(name, 0o777);
    changeFlags(fs, name, (old) => old | flags);
  }
  const found: Survival = {};
  for (const dir of Object.keys(directories)) {
    for (const { name, perform } of STEPS) {
      fs.sync();
      perform(fs, dir);
      found[`${dir} ${name}`] = survivors(disk.snapshot(), dir).sort();
    }
  }
  fs.unmount();
  return found;
}

async function surviveKernels(options: readonly string[] = [], directories = DIRECTORIES): Promise<Survival> {
  return await withDir(
    async ({ path }) => {
      const image = `${path}/image`;
      await execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '1024', image, '8M']);
      const input = { directories, steps: STEPS.map((step) => step.python), image };
      await withKernelMount(image, (root) => python(SCRIPT, root, input), ['commit=300', ...options]);
      const found: Survival = {};
      for (const dir of Object.keys(directories)) {
        for (const [index, { name }] of STEPS.entries()) {
          const disk = await loadImage(`${image}.${dir}.${index}`);
          found[`${dir} ${name}`] = survivors(disk, dir).sort();
        }
      }
      return found;
    },
    { unsafeCleanup: true },
  );
}

scriptedKernelTest('the same is durable as in the kernel', async () => {
  expect(surviveOurs({})).toEqual(await surviveKernels());
});

const OPTIONS = ['sync', 'dirsync'] as const;

for (const option of OPTIONS) {
  scriptedKernelTest(`the same is durable as in the kernel when mounted with ${option}`, async () => {
    expect(surviveOurs({ [option]: true }, UNFLAGGED)).toEqual(await surviveKernels([option], UNFLAGGED));
  });
}

test('sync of the mount is as chattr +S everywhere, dirsync as +D', () => {
  const flagged = surviveOurs({});
  for (const option of OPTIONS) {
    const mounted = surviveOurs({ [option]: true }, UNFLAGGED);
    for (const { name } of STEPS.filter((step) => !step.name.startsWith('rename'))) {
      const below = mounted[`below ${name}`]?.map((line) => line.replaceAll('below', option)).sort();
      expect(below, name).toEqual(flagged[`${option} ${name}`]);
    }
  }
});

/** Bytes: what the step `write` writes, the size that `cut` leaves, and a block. */
const [WRITTEN, CUT, BLOCK] = [5000, 100, 1024];
const LETTER = 0x78;

/**
 * On the iomap path the zeros behind a new end are on the disk before the truncation is committed (two-paths.md, section 3): one that
 * is not durable leaves the file as long as it was, with zeros in the rest of the block that was cut. Others write them with the
 * commit, so that all of it is as it was.
 */
function withZerosFirst(survival: Survival): Survival {
  const kept = ` ${WRITTEN} ${WRITTEN * LETTER} `;
  const zeroed = ` ${WRITTEN} ${(WRITTEN - (BLOCK - CUT)) * LETTER} `;
  const changed = { ...survival };
  for (const step of ['plain cut', 'dirsync cut']) {
    const lines = survival[step] ?? [];
    expect(lines.some((line) => line.includes(kept))).toBe(true);
    changed[step] = lines.map((line) => line.replace(kept, zeroed));
  }
  return changed;
}

describe.each([{ bufferedIomap: true }, { delalloc: false }])('mounted with %o', (request) => {
  test('the same is durable as with the usual options, but for zeros that are there early', () => {
    const survival = surviveOurs(request);
    expect(survival['plain create']).toEqual([]);
    expect(survival['dirsync create']?.[0]).toMatch(/^dirsync.a /);
    const usual = surviveOurs({});
    expect(survival).toEqual(request.bufferedIomap === true ? withZerosFirst(usual) : usual);
  });
});
