import { join } from '../../lib/struct.ts';
import { mmpChecksum } from '../integrity/checksum.ts';
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
            MmpLayout.at(view).checksum = mmpChecksum(checksumSeed, bytesOf(view));
          });
  specimen.add(tablePart(MmpLayout, { place: `block ${block}`, offset, seal }));
}
