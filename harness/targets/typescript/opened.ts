import type { FileSystem } from '../../../generated/impl/index.ts';
import type { Path } from '../../../model/index.ts';

/** What needs a descriptor and was told a name: opened for reading, as chattr(1), xfs_io(8) and the performer do. */
export function opened<T>(fs: FileSystem, path: Path, use: (fd: number) => T): T {
  const fd = fs.open(path, { access: 'read' });
  try {
    return use(fd);
  } finally {
    fs.close(fd);
  }
}
