import { crc32c } from '../../lib/crc32c.ts';
import {
  FAST_COMMIT_BLOCKS_DEFAULT,
  INCOMPAT_FAST_COMMIT,
  type RawJournalSuperblock,
} from '../../jbd2/layout/superblock.ts';
import { EXT4_GOOD_OLD_INODE_SIZE, InodeLayout } from '../layout/inode.ts';
import { ExtentLayout } from '../layout/extent.ts';
import {
  FastCommitAddRangeLayout,
  FastCommitDelRangeLayout,
  FastCommitHeadLayout,
  FastCommitInodeLayout,
  FastCommitNameLayout,
  FastCommitTagLayout,
  FastCommitTailLayout,
  FC_ADD_RANGE,
  FC_CREAT,
  FC_DEL_RANGE,
  FC_HEAD,
  FC_INODE,
  FC_LINK,
  FC_TAIL,
  FC_UNLINK,
} from '../layout/fast-commit.ts';
import { bytesPart, tablePart, type Bytes, type Placed, type Seal, type Table } from './part.ts';
import { amend, viewAt, type Specimen } from './specimen.ts';

/** Of the area: the first hold what was written last. */
const BLOCKS_MAX = 32;

const TAG_BYTES = FastCommitTagLayout.size;

/** Where a tag stands in the area. */
interface FoundTag {
  readonly tag: number;
  /** Byte in its block, and bytes of the value behind it. */
  readonly at: number;
  readonly length: number;
}

/** The fast commits behind the log, `blocks` being those of the whole journal: tags, and what they hold. */
export function dissectFastCommits(
  specimen: Specimen,
  raw: RawJournalSuperblock,
  blocks: readonly number[],
): void {
  if ((raw.featureIncompat & INCOMPAT_FAST_COMMIT) === 0) return;
  const count = raw.fastCommitBlocks === 0 ? FAST_COMMIT_BLOCKS_DEFAULT : raw.fastCommitBlocks;
  const { blockSize, disk } = specimen;
  // The kernel leaves one block free in front of it (j_fc_first).
  const first = Math.max(0, raw.maxLength - count + 1);
  const area = blocks.slice(first, first + Math.min(count, BLOCKS_MAX));
  const offsets = area.filter((block) => specimen.block(block) !== null).map((block) => block * blockSize);
  const seal: Seal = (target) => sealTails(target, offsets, blockSize);
  for (const [index, offset] of offsets.entries()) {
    const found = [...tagsOf(viewAt(disk, offset, blockSize))];
    if (found.length === 0) return;
    for (const tag of found) dissectTag(specimen, tag, { block: index, offset, seal });
  }
}

/** The tags of a block, up to one that makes no sense. */
function* tagsOf(view: DataView): Generator<FoundTag> {
  for (let at = 0; at + TAG_BYTES <= view.byteLength;) {
    const { tag, length } = FastCommitTagLayout.at(view, at);
    const next = at + TAG_BYTES + length;
    if (tag < FC_ADD_RANGE || tag > FC_HEAD || next > view.byteLength) return;
    yield { tag, at, length };
    at = next;
  }
}

interface Spot {
  readonly block: number;
  /** Byte of the block on the device. */
  readonly offset: number;
  readonly seal: Seal;
}

function dissectTag(specimen: Specimen, { tag, at, length }: FoundTag, { block, offset, seal }: Spot): void {
  const placed = { place: `at ${at} of fast commit block ${block}`, offset: offset + at, seal };
  specimen.add(tablePart(FastCommitTagLayout, placed));
  const table = TABLES.get(tag);
  if (table === undefined || length < table.size) return;
  const value = { ...placed, offset: placed.offset + TAG_BYTES };
  specimen.add(tablePart(table, value));
  const rest = { ...value, offset: value.offset + table.size };
  if (tag === FC_INODE) dissectInode(specimen, rest, length - table.size);
  else if (tag === FC_ADD_RANGE) {
    const { extent } = FastCommitAddRangeLayout.fields;
    specimen.add(tablePart(ExtentLayout, { ...value, offset: value.offset + extent.offset }));
  } else if (tag < FC_INODE && length > table.size) {
    specimen.add(bytesPart('ext4_fc_dentry_info.name', rest, length - table.size));
  }
}

/** What the value of a tag begins with. */
const TABLES: ReadonlyMap<number, Table> = new Map<number, Table>([
  [FC_ADD_RANGE, FastCommitAddRangeLayout],
  [FC_DEL_RANGE, FastCommitDelRangeLayout],
  [FC_CREAT, FastCommitNameLayout],
  [FC_LINK, FastCommitNameLayout],
  [FC_UNLINK, FastCommitNameLayout],
  [FC_INODE, FastCommitInodeLayout],
  [FC_TAIL, FastCommitTailLayout],
  [FC_HEAD, FastCommitHeadLayout],
]);

/** An inode as the table will have it, as far as its i_extra_isize reaches. */
function dissectInode(specimen: Specimen, placed: Placed, length: number): void {
  if (length < EXT4_GOOD_OLD_INODE_SIZE) return;
  const where = { ...placed, place: `in the value ${placed.place}` };
  specimen.add(tablePart(InodeLayout, where, Math.min(length, InodeLayout.size)));
}

/** Every tail gets the checksum over the tags since the one before. */
function sealTails(disk: Bytes, offsets: readonly number[], blockSize: number): void {
  let register = 0;
  for (const offset of offsets) {
    amend(disk, offset, blockSize, (view) => {
      const bytes = new Uint8Array(view.buffer);
      for (const { tag, at, length } of tagsOf(view)) {
        const value = at + TAG_BYTES;
        if (tag !== FC_TAIL || length < FastCommitTailLayout.size) {
          register = crc32c(register, bytes.subarray(at, value + length));
          continue;
        }
        const covered = bytes.subarray(at, value + FastCommitTailLayout.fields.checksum.offset);
        FastCommitTailLayout.at(view, value).checksum = crc32c(register, covered);
        register = 0;
      }
    });
  }
}
