import { crc32c } from '../../lib/crc32c.ts';
import { join } from '../../lib/struct.ts';
import { MmpLayout } from '../layout/mmp.ts';
import { INCOMPAT } from '../super/features.ts';
import { tablePart, type Seal } from './part.ts';
import { amend, bytesOf, type Specimen } from './specimen.ts';

/** The block that says who has the file system mounted (the feature mmp). */
export function dissectMmp(specimen: Specimen): void {
  const { raw, checksumSeed, blockSize } = specimen;
  if ((raw.featureIncompat & INCOMPAT.mmp) === 0) return;
  const block = join(raw.mmpBlockHi, raw.mmpBlockLo);
  if (specimen.block(block) === null) return;
  const offset = block * blockSize;
  const seal: Seal | null =
    checksumSeed === null
      ? null
      : (disk) =>
          amend(disk, offset, MmpLayout.size, (view) => {
            const covered = bytesOf(view).subarray(0, MmpLayout.fields.checksum.offset);
            MmpLayout.at(view).checksum = crc32c(checksumSeed, covered);
          });
  specimen.add(tablePart(MmpLayout, { place: `block ${block}`, offset, seal }));
}
