import { assert } from '../lib/assert.ts';
import type { Sleepable } from '../sched/sleepable.ts';
import { Iomap, type IomapOps } from './iomap.ts';

/** Uses up to `length` bytes from `position` on under one mapping; answers how many it used. */
export type IterationBody = (iomap: Iomap, position: number, length: number) => Sleepable<number>;

/**
 * iomap_iter(): each mapping of [position, position + length) is begun, handed to `body`, and ended, whatever `body`
 * does. Goes on while bytes are used or a mapping was found stale; answers the bytes used.
 */
export function* iterate<F>(
  file: F,
  position: number,
  length: number,
  ops: IomapOps<F>,
  body: IterationBody,
): Sleepable<number> {
  const iomap = new Iomap();
  let done = 0;
  while (done < length) {
    const start = position + done;
    iomap.reset();
    yield* ops.begin(file, start, length - done, iomap);
    assertCovers(iomap, start);
    const span = Math.min(length - done, iomap.end - start);
    let used = 0;
    try {
      used = yield* body(iomap, start, span);
    } finally {
      if (ops.end !== undefined) yield* ops.end(file, start, span, used, iomap);
    }
    if (used === 0 && !iomap.stale) break;
    done += used;
  }
  return done;
}

/** iomap_iter_done(): what every file system must give. */
function assertCovers(iomap: Iomap, position: number): void {
  assert(iomap.offset <= position, () => `mapping at ${iomap.offset} starts behind ${position}`);
  assert(iomap.end > position, () => `mapping ends at ${iomap.end}, before ${position}`);
  assert(!iomap.stale, 'a mapping is stale before it was used');
}
