import {
  Corruption,
  Failure,
  MountRefused,
  type Errno,
  type Finding,
} from '../../../generated/impl/index.ts';
import { ImageError } from '../../image/image-overlay.ts';
import { findingText } from './finding-text.ts';

/** The words of strerror(3) for what work on an image can meet. */
const ERRNO_WORDS: Readonly<Partial<Record<Errno, string>>> = {
  EACCES: 'permission denied',
  EBADMSG: 'a checksum of the image is wrong',
  EEXIST: 'it is there already',
  EFBIG: 'the file is too large for this file system',
  EIO: 'the image cannot be read or written',
  EISDIR: 'it is a directory',
  ELOOP: 'too many levels of symbolic links',
  EMLINK: 'too many links',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'no such file or directory',
  ENOSPC: 'there is no space left in the image',
  ENOTDIR: 'not a directory',
  ENOTEMPTY: 'the directory is not empty',
  EOPNOTSUPP: 'this cannot be done with it',
  EPERM: 'it may not be changed',
  EROFS: 'the image is read-only',
  EUCLEAN: 'the image is damaged',
};

export function errnoText(errno: Errno): string {
  const words = ERRNO_WORDS[errno];
  return words === undefined ? errno : `${words} (${errno})`;
}

/** Runs a mount; what it refuses becomes an ImageError. */
export function mounting<T>(mount: () => T): T {
  try {
    return mount();
  } catch (error) {
    if (error instanceof MountRefused) throw new ImageError(error.message);
    if (error instanceof Corruption) throw new ImageError(mountProblem(error.finding));
    if (error instanceof Failure) throw new ImageError(`cannot be mounted: ${errnoText(error.errno)}`);
    throw error;
  }
}

/** A few findings are the user's mistakes rather than a damaged disk. */
function mountProblem(finding: Finding): string {
  const text = findingText(finding);
  if (finding.structure === 'device' || finding.field === 'magic') return `not an ext4 image: ${text}`;
  if (finding.field === 'logClusterSize') return `damaged, or made with bigalloc: ${text}`;
  if (finding.field === 'blocksCount') return `damaged, or cut short: ${text}`;
  return `damaged: ${text}`;
}
