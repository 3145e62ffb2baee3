import { SECTOR_BYTES, type BlockDevice } from '../../../generated/impl/index.ts';
import type { ByteStore } from '../../image/byte-store.ts';

/** A block device over whatever holds bytes. Transfers end at once; a flush goes before them, FUA means one behind. */
export const byteDevice = (store: ByteStore): BlockDevice => ({
  sectors: Math.floor(store.sizeBytes / SECTOR_BYTES),
  submit({ direction, sector, segments, preflush, fua }, endIo) {
    const offset = sector * SECTOR_BYTES;
    const end = segments.reduce((sum, segment) => sum + segment.length, offset);
    let good = !preflush || store.flush();
    if (end > offset) good &&= end <= store.sizeBytes && store[direction](offset, segments);
    if (good && fua) good = store.flush();
    endIo(good ? null : 'EIO');
  },
});
