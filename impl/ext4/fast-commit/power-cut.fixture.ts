import { execaSync } from 'execa';
import { copyFileSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { FileSystem } from '../../vfs/file-system.ts';
import { withKernelMount } from '../kernel.fixture.ts';
import { PYTHON } from '../../vfs/python.fixture.ts';

/** Images whose power was cut in the kernel, and trees to compare. Only for tests. */

/** What an image holds, by path: what everybody who replays it must agree about. */
export type Tree = Record<string, string>;

const summary = (mode: number, size: number, links: number, time: number, contents: string): string =>
  `${mode.toString(8)} ${size} bytes, ${links} links, ${time}: ${contents}`;

/**
 * Runs lines of python in a fresh image, mounted in the kernel, and leaves in `cut` what a power cut would. Answers the
 * tree at that moment.
 */
export function cutInKernel(
  path: (name: string) => string,
  features: readonly string[],
  script: { readonly before: string; readonly after: string },
): Tree {
  execaSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', 'fast_commit', ...features, path('image'), '24M']);
  // No commit but those that are asked for: the usual ones, every five seconds, would take what is to be replayed out of the log.
  return withKernelMount(path('image'), ['commit=300'], ({ directory, image }) => {
    const prelude = [
      'import ctypes, os',
      'def put(name, length=0):',
      '  fd = os.open(name, os.O_CREAT | os.O_RDWR)',
      '  os.write(fd, bytes(i * 7 % 251 for i in range(length)))',
      '  return fd',
      'def put_synced(name, length):',
      '  fd = put(name, length)',
      '  os.fsync(fd)',
      '  os.close(fd)',
      'last = put("last", 10)',
      'def done():',
      '  os.write(last, b"more")',
      '  os.fsync(last)',
    ];
    // The first transaction of a mount is committed whole. Not sync(2), which waits for every file system of the machine.
    const synced = 'ctypes.CDLL(None).syncfs(last)';
    const lines = [...prelude, script.before, 'done()', synced, script.after];
    execaSync(PYTHON, ['-c', lines.join('\n')], { cwd: directory });
    copyFileSync(image, path('cut'));
    return kernelTree(directory);
  });
}

/** The tree of a mounted directory. */
export function kernelTree(root: string, path = ''): Tree {
  const tree: Tree = {};
  for (const name of readdirSync(join(root, path))) {
    if (name === 'lost+found') continue;
    const below = join(path, name);
    const full = join(root, below);
    const stat = lstatSync(full);
    if (stat.isDirectory()) {
      Object.assign(tree, { [below]: 'directory' }, kernelTree(root, below));
    } else {
      const contents = stat.isSymbolicLink() ? readlinkSync(full) : digest(readFileSync(full));
      const seconds = Math.floor(stat.mtimeMs / 1000);
      tree[below] = summary(stat.mode & 0o7777, stat.size, stat.nlink, seconds, contents);
    }
  }
  return tree;
}

/** The same of a file system of ours. */
export function ourTree(fs: FileSystem, path = ''): Tree {
  const tree: Tree = {};
  for (const { name } of fs.readdir(`/${path}`)) {
    if (['.', '..', 'lost+found'].includes(name)) continue;
    const below = join(path, name);
    const { type, mode, size, links, mtime } = fs.lstat(`/${below}`);
    if (type === 'directory') Object.assign(tree, { [below]: 'directory' }, ourTree(fs, below));
    else {
      const contents = type === 'symlink' ? fs.readlink(`/${below}`) : digest(contentsOf(fs, `/${below}`));
      tree[below] = summary(mode, size, links, mtime.seconds, contents);
    }
  }
  return tree;
}

function contentsOf(fs: FileSystem, path: string): Uint8Array {
  const fd = fs.open(path, { access: 'read' });
  const bytes = new Uint8Array(fs.fstat(fd).size);
  fs.pread(fd, bytes, 0);
  fs.close(fd);
  return bytes;
}

/** A sum in which every byte and its place counts. */
function digest(bytes: Uint8Array): string {
  let sum = 0;
  for (const byte of bytes) sum = (sum * 31 + byte + 1) % 4_294_967_291;
  return `${sum}`;
}
