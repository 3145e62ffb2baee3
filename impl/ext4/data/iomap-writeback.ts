import { sortAndMerge, type Ioend } from '../../iomap/ioend.ts';
import type { Iomap } from '../../iomap/iomap.ts';
import type { IomapWritebackOps } from '../../iomap/writeback.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { damageFails } from '../super/damage.ts';
import { convertAndGrow } from '../mapping/convert.ts';
import type { Inode } from '../inode/inode.ts';
import { placeUnwritten, setIomap, writeOps } from './iomap-ops.ts';
import { mapBlocks } from '../mapping/map-blocks.ts';
import { lossAborts, tellingOfLoss } from './lost-data.ts';
import { punchDelayed } from '../mapping/reservation.ts';

/** Blocks that one call places at most: a run of delayed blocks gets one extent where it can. */
const PLACE_BLOCKS_MAX = 2048;

/** Writeback of an inode on the iomap path (ext4_writeback_ops of the series). */
export const writebackOps: IomapWritebackOps<Inode> = {
  *mapRange(inode, position, end, iomap) {
    const covers = iomap.offset <= position && position < iomap.end;
    if (covers && writeOps.isValid(inode, iomap)) return;
    yield* damageFails(inode.sb, () => mapForWriteback(inode, position, end, iomap));
  },

  /** ext4_iomap_discard_folio() of the series. */
  discardFolio: (inode, folio) =>
    punchDelayed(inode, folio.position / inode.blockSize, folio.size / inode.blockSize),

  ioendEnded(ioend) {
    const inode = ioend.file;
    if (!ioend.unwritten && inode.sb.options.faults.has('iomap-forgets-disk-size')) {
      ioend.finish();
      return;
    }
    const changesNothing = !ioend.unwritten && Math.min(ioend.end, inode.size) <= inode.diskSize;
    if (isLost(ioend) ? !lossAborts(inode) : changesNothing) {
      ioend.finish();
      return;
    }
    inode.endedWrites.push(ioend);
    if (inode.endedWrites.length === 1) inode.sb.conversionWork.queue(() => finishEnded(inode));
  },
};

function* mapForWriteback(inode: Inode, position: number, end: number, iomap: Iomap): Sleepable<void> {
  const first = Math.floor(position / inode.blockSize);
  const count = Math.ceil(end / inode.blockSize) - first;
  const mapping = yield* mapBlocks(null, inode, first, count, 'lookup');
  if (mapping.type !== 'delayed') {
    setIomap(inode, iomap, mapping);
    return;
  }
  setIomap(inode, iomap, yield* placeUnwritten(inode, first, delayedRun(inode, first)));
}

/** How many blocks from `first` on are delayed: they are placed together, so that the file stays in one piece. */
function delayedRun(inode: Inode, first: number): number {
  const run = inode.extentStatus.nextDelayed(first, first + PLACE_BLOCKS_MAX);
  return run !== null && run.logical === first ? run.length : 1;
}

/** What could not be written is not to be read either. */
const isLost = ({ status, file }: Ioend<Inode>): boolean =>
  status !== null && !file.mapping.faults.has('failed-write-converts');

/** Work of the ioend worker: what was written becomes part of the file (ext4_iomap_end_io). */
function* finishEnded(inode: Inode): Sleepable<void> {
  const ended = inode.endedWrites as Ioend<Inode>[];
  inode.endedWrites = [];
  for (const ioend of sortAndMerge(ended)) {
    if (isLost(ioend)) yield* inode.sb.journal.abort();
    else yield* tellingOfLoss(inode, () => convertAndGrow(inode, ioend.offset, ioend.end, ioend.unwritten));
    ioend.finish();
  }
}
