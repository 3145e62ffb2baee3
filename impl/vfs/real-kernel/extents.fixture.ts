import type { Answer, Call } from './call.fixture.ts';

/** FIEMAP_EXTENT_LAST, which says nothing of an extent itself. */
const LAST = 1;

/** What of an extent does not depend on where the allocator found room: bytes of the file, and its flags. */
interface ToldExtent {
  readonly offset: number;
  readonly length: number;
  readonly flags: number;
}

/**
 * The answer to `fiemap`, or to `mapped`, which knows no flags. Which of its look-ups a file system tells of together is its own
 * affair: neighbours of one kind count as one.
 */
export function extentsShown(name: Call[0], extents: readonly ToldExtent[]): Answer {
  const shown = name === 'mapped' ? 0 : ~LAST;
  const found: [offset: number, length: number, flags: number][] = [];
  for (const { offset, length, flags } of extents) {
    const before = found.at(-1);
    const joins = before !== undefined && before[0] + before[1] === offset && before[2] === (flags & shown);
    if (joins) before[1] += length;
    else found.push([offset, length, flags & shown]);
  }
  return [found, (extents.at(-1)?.flags ?? 0) & LAST];
}
