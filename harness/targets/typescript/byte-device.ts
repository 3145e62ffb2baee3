import { SECTOR_BYTES, type BlockDevice } from '../../../generated/impl/index.ts';
import type { ByteStore } from '../../image/byte-store.ts';

/** A block device over whatever holds bytes. Transfers end at once; a flush goes before them, FUA means one behind. */
export const byteDevice = (store: ByteStore): BlockDevice => ({
  sectors: Math.floor(store.sizeBytes / SECTOR_BYTES),
  submit({ direction, sector, segments, preflush, fua }, endIo) {
    let good = !preflush || store.flush();
    let offset = sector * SECTOR_BYTES;
    for (const segment of segments) {
      const inside = offset + segment.length <= store.sizeBytes;
      good &&= inside && store[direction](offset, segment);
      offset += segment.length;
    }
    if (good && fua) good = store.flush();
    endIo(good ? null : 'EIO');
  },
});
