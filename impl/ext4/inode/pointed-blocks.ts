import { BlockRuns } from '../../block/block-runs.ts';
import type { BufferCache } from '../../buffer/buffer-cache.ts';
import { Corruption } from '../../lib/corruption.ts';
import type { Sleepable } from '../../sched/sleepable.ts';
import { DIRECT_SLOTS, POINTER_BYTES, ROOT_SLOTS } from '../indirect/shape.ts';
import type { Geometry } from '../super/super-block.ts';

/** A file of `count` blocks without holes, for people, with its i_block. */
interface PointedFile {
  readonly structure: string;
  readonly root: DataView;
  readonly count: number;
}

/** The blocks of a file that is mapped by indirect blocks, before anything is mounted. Throws Corruption; fails with EIO. */
export function* pointedBlocks(
  cache: BufferCache,
  geometry: Geometry,
  file: PointedFile,
): Sleepable<BlockRuns> {
  const walk = new PointerWalk(cache, geometry, file);
  for (let slot = 0; slot < ROOT_SLOTS && !walk.isComplete; slot++) {
    yield* walk.pointer(file.root, slot, Math.max(0, slot - DIRECT_SLOTS + 1));
  }
  return walk.blocks;
}

/** Every pointer adds blocks or fails, so the walk ends after as many as the file has blocks. */
class PointerWalk {
  readonly blocks = new BlockRuns();
  readonly #cache: BufferCache;
  readonly #geometry: Geometry;
  readonly #file: PointedFile;

  constructor(cache: BufferCache, geometry: Geometry, file: PointedFile) {
    this.#cache = cache;
    this.#geometry = geometry;
    this.#file = file;
  }

  get isComplete(): boolean {
    return this.blocks.length >= this.#file.count;
  }

  *pointer(view: DataView, slot: number, levels: number): Sleepable<void> {
    const block = view.getUint32(slot * POINTER_BYTES, true);
    const { firstDataBlock, blocks } = this.#geometry;
    if (block <= firstDataBlock || block >= blocks) {
      const range = `one of blocks ${firstDataBlock + 1} .. ${blocks - 1}`;
      throw new Corruption(
        `${this.#file.structure}, block ${this.blocks.length}`,
        `slot ${slot}`,
        block,
        range,
      );
    }
    if (levels === 0) {
      this.blocks.push(block, 1);
      return;
    }
    const { view: below } = yield* this.#cache.bread(block);
    const slots = below.byteLength / POINTER_BYTES;
    for (let next = 0; next < slots && !this.isComplete; next++) yield* this.pointer(below, next, levels - 1);
  }
}
