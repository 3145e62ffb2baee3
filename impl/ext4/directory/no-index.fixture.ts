import type { MemoryDisk } from '../../block/memory-disk.ts';
import { superBlockChecksum } from '../integrity/checksum.ts';
import { SUPERBLOCK_OFFSET, SuperBlockLayout } from '../layout/superblock.ts';
import { COMPAT, RO_COMPAT } from '../super/features.ts';

/** The same image without the feature dir_index, as `tune2fs -O ^dir_index` makes it. Only for tests. */
export function withoutDirectoryIndexes(disk: MemoryDisk): MemoryDisk {
  const data = new Uint8Array(SuperBlockLayout.size);
  disk.read(SUPERBLOCK_OFFSET, data);
  const raw = SuperBlockLayout.at(new DataView(data.buffer));
  raw.featureCompat &= ~COMPAT.dir_index;
  if ((raw.featureRoCompat & RO_COMPAT.metadata_csum) !== 0) raw.checksum = superBlockChecksum(data);
  disk.write(SUPERBLOCK_OFFSET, data);
  return disk;
}
