import { crc32c } from '../../lib/crc32c.ts';
import {
  FastCommitHeadLayout,
  FastCommitTagLayout,
  FastCommitTailLayout,
  FC_ADD_RANGE,
  FC_DEFAULT_BLOCKS,
  FC_HEAD,
  FC_PAD,
  FC_TAIL,
} from '../../jbd2/layout/fast-commit.ts';
import { INCOMPAT_FAST_COMMIT, type RawJournalSuperblock } from '../../jbd2/layout/superblock.ts';
import { bytesPart, tablePart, wordsPart, type Bytes, type Seal } from './part.ts';
import { amend, viewAt, type Specimen } from './specimen.ts';

/** Of the area: the first hold what was written last. */
const BLOCKS_MAX = 32;

/** Words of a value that are fields of their own: numbers of inodes and blocks, and lengths. */
const WORDS_MAX = 5;

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
  const count = raw.fastCommitBlocks === 0 ? FC_DEFAULT_BLOCKS : raw.fastCommitBlocks;
  const { blockSize, disk } = specimen;
  const area = blocks.slice(-count).slice(0, BLOCKS_MAX);
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
  const value = { ...placed, offset: placed.offset + TAG_BYTES };
  if (tag === FC_HEAD && length >= FastCommitHeadLayout.size)
    specimen.add(tablePart(FastCommitHeadLayout, value));
  else if (tag === FC_TAIL && length >= FastCommitTailLayout.size)
    specimen.add(tablePart(FastCommitTailLayout, value));
  else if (tag < FC_PAD) {
    const words = Math.min(WORDS_MAX, Math.floor(length / 4));
    specimen.add(wordsPart(`fast commit value of tag ${tag}`, value, words));
    const rest = { ...value, offset: value.offset + 4 * words };
    if (length > 4 * words) specimen.add(bytesPart('fast commit value', rest, length - 4 * words));
  }
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
