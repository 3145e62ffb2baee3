import { readFileSync, realpathSync, statfsSync } from 'node:fs';
import { ext4Options, type ModelOptions } from '../../../model/index.ts';
import { BASE_SECONDS } from '../../setup.ts';
import type { Uncompared } from '../../target.ts';
import { LIMITS_OF_THE_KERNEL } from './other-file-systems.ts';
import type { FileSystemName } from './promises.ts';

/** The mode of the root that a session works in. */
export const ROOT_MODE = 0o755;

/** What is known without asking the disk. Where another's limits than the size of a file differ from those of ext4, nothing is generated. */
export function traitsOf(
  path: string,
  fileSystem: FileSystemName,
  uid: number,
  gid: number,
  blockSizeBytes = statfsSync(path).bsize,
): Partial<ModelOptions> {
  const time = { seconds: BASE_SECONDS, nanoseconds: 0 };
  const root = { path: '.', mode: ROOT_MODE, uid, gid, atime: time, mtime: time, ctime: time };
  return {
    ...ext4Options(blockSizeBytes, time),
    ...(fileSystem !== 'ext4' && LIMITS_OF_THE_KERNEL),
    atime: atimeOf(path),
    directories: [root],
  };
}

/** Whether each operation waits for a tick of its own: whether an access time moves depends on which stamp is the later. */
export const isPaced = ({ atime }: Partial<ModelOptions>, uncompared: ReadonlySet<Uncompared>): boolean =>
  atime === 'relatime' && !uncompared.has('times');

/** The mount option of the file system that the path is on: the last mount of the longest folder above it. */
function atimeOf(path: string): ModelOptions['atime'] {
  const real = realpathSync(path);
  const mounts = readFileSync('/proc/self/mounts', 'utf8').trim().split('\n');
  const above = mounts
    .map((line) => line.split(' '))
    .filter(([, folder = '']) => `${real}/`.startsWith(folder === '/' ? folder : `${folder}/`));
  const longest = Math.max(...above.map(([, folder = '']) => folder.length));
  const options = above.filter(([, folder = '']) => folder.length === longest).at(-1)?.[3] ?? '';
  return options.split(',').includes('noatime') ? 'noatime' : 'relatime';
}
