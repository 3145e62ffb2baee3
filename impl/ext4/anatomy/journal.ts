import { crc32c } from '../../lib/crc32c.ts';
import {
  BlockTag3Layout,
  BlockTagLayout,
  BlockTailLayout,
  TAG_LAST,
  TAG_SAME_UUID,
  TAG_UUID_BYTES,
} from '../../jbd2/layout/block-tag.ts';
import { CommitBlockLayout } from '../../jbd2/layout/commit.ts';
import {
  COMMIT_BLOCK,
  DESCRIPTOR_BLOCK,
  JOURNAL_HEADER_BYTES,
  JOURNAL_MAGIC,
  JournalHeaderLayout,
  REVOKE_BLOCK,
} from '../../jbd2/layout/header.ts';
import { RevokeBlockLayout } from '../../jbd2/layout/revoke.ts';
import { JournalSuperblockLayout } from '../../jbd2/layout/superblock.ts';
import { LogFormat } from '../../jbd2/log-format.ts';
import { dissectFastCommits } from './fast-commits.ts';
import { bytesPart, tablePart, type Bytes, type Seal } from './part.ts';
import { amend, bytesOf, type Specimen } from './specimen.ts';

const CRC_START = 0xffffffff;

/** The journal of a disk, by the device block of each of its blocks. */
export function dissectJournal(specimen: Specimen, blocks: readonly number[]): void {
  const [first = 0] = blocks;
  const view = specimen.block(first);
  if (view === null) return;
  const raw = JournalSuperblockLayout.at(view);
  if (raw.magic !== JOURNAL_MAGIC || raw.blockSize !== specimen.blockSize) return;
  const format = new LogFormat(raw);
  const offset = first * specimen.blockSize;
  const seal = format.checksums === 'none' ? null : superblockSeal(offset);
  specimen.add(tablePart(JournalSuperblockLayout, { place: 'journal', offset, seal }));
  new LogWalk(specimen, format, blocks).all();
  dissectFastCommits(specimen, raw, blocks);
}

function superblockSeal(offset: number): Seal {
  return (disk) =>
    amend(disk, offset, JournalSuperblockLayout.size, (view) => {
      const raw = JournalSuperblockLayout.at(view);
      raw.checksum = 0;
      raw.checksum = crc32c(CRC_START, bytesOf(view));
    });
}

/** Every block of the log that has a journal's header, whatever transaction it belonged to. */
class LogWalk {
  readonly #specimen: Specimen;
  readonly #format: LogFormat;
  readonly #blocks: readonly number[];

  constructor(specimen: Specimen, format: LogFormat, blocks: readonly number[]) {
    this.#specimen = specimen;
    this.#format = format;
    this.#blocks = blocks;
  }

  all(): void {
    for (let index = 1; index < this.#blocks.length; index++) {
      const view = this.#specimen.block(this.#blocks[index] ?? 0);
      if (view === null) continue;
      const header = JournalHeaderLayout.at(view);
      if (header.magic !== JOURNAL_MAGIC) continue;
      if (header.blockType === DESCRIPTOR_BLOCK) this.#descriptor(index, view);
      else if (header.blockType === REVOKE_BLOCK) this.#revoke(index);
      else if (header.blockType === COMMIT_BLOCK) this.#commit(index);
    }
  }

  #offset(index: number): number {
    return (this.#blocks[index] ?? 0) * this.#specimen.blockSize;
  }

  #descriptor(index: number, view: DataView): void {
    const offset = this.#offset(index);
    const format = this.#format;
    const seal = this.#controlSeal(offset, format.tailOffset);
    const place = `log block ${index}`;
    this.#specimen.add(tablePart(JournalHeaderLayout, { place, offset, seal }));
    const tag = format.tag(view);
    const table = format.checksums === 'v3' ? BlockTag3Layout : BlockTagLayout;
    const end = format.blockSize - format.tailBytes - format.tagBytes;
    let data = index;
    for (let at = JOURNAL_HEADER_BYTES; at <= end;) {
      tag.moveTo(at);
      const where = { place: `at ${at} of ${place}`, offset: offset + at, seal };
      this.#specimen.add(tablePart(table, where, Math.min(table.size, format.tagBytes)));
      this.#logged(++data, { tag: offset + at, seal, sequence: JournalHeaderLayout.at(view).sequence });
      if ((tag.flags & TAG_LAST) !== 0) break;
      at += format.tagBytes + ((tag.flags & TAG_SAME_UUID) === 0 ? TAG_UUID_BYTES : 0);
    }
    if (format.tailBytes > 0)
      this.#specimen.add(
        tablePart(BlockTailLayout, { place, offset: offset + format.tailOffset, seal: null }),
      );
  }

  /** A metadata block as it waits in the log; its checksum stands in its tag. */
  #logged(
    index: number,
    described: { readonly tag: number; readonly seal: Seal | null; readonly sequence: number },
  ): void {
    if (index >= this.#blocks.length) return;
    const offset = this.#offset(index);
    const format = this.#format;
    const { tag, seal, sequence } = described;
    const resealed: Seal | null =
      seal === null
        ? null
        : (disk) => {
            const data = new Uint8Array(format.blockSize);
            disk.read(offset, data);
            const checksum = format.dataChecksum(sequence, data);
            amend(disk, tag, format.tagBytes, (view) => {
              if (format.checksums === 'v3') BlockTag3Layout.at(view).checksum = checksum;
              else BlockTagLayout.at(view).checksum = checksum;
            });
            seal(disk);
          };
    this.#specimen.add(
      bytesPart('logged block', { place: `log block ${index}`, offset, seal: resealed }, format.blockSize),
    );
  }

  #revoke(index: number): void {
    const offset = this.#offset(index);
    const place = `log block ${index}`;
    const seal = this.#controlSeal(offset, this.#format.tailOffset);
    this.#specimen.add(tablePart(RevokeBlockLayout, { place, offset, seal }));
    const records = { place, offset: offset + RevokeBlockLayout.size, seal };
    this.#specimen.add(bytesPart('revoke records', records, 4 * this.#format.revokeRecordBytes));
  }

  #commit(index: number): void {
    const offset = this.#offset(index);
    const seal = this.#controlSeal(offset, CommitBlockLayout.fields.checksum.offset);
    this.#specimen.add(tablePart(CommitBlockLayout, { place: `log block ${index}`, offset, seal }));
  }

  /** Seals a block of the log whose checksum stands at byte `field`. */
  #controlSeal(offset: number, field: number): Seal | null {
    const format = this.#format;
    if (format.checksums === 'none') return null;
    return (disk: Bytes) =>
      amend(disk, offset, format.blockSize, (view) =>
        view.setUint32(field, format.controlChecksum(view, field)),
      );
  }
}
