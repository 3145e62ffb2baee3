import type { DiskImage } from './target.ts';

/**
 * Whether two images hold the same bytes, as the files that writeImage makes of them do: what an older owner of the device left where
 * nobody has written is no part of that. Images that are kept in pieces of different lengths count as different: who asks looks at both.
 */
export function sameImage(left: DiskImage, right: DiskImage): boolean {
  if (left.sizeBytes !== right.sizeBytes) return false;
  const others: Iterator<Extent> = right.extents()[Symbol.iterator]();
  for (const extent of left.extents()) {
    const other = others.next();
    if (other.done === true || !sameExtent(extent, other.value)) return false;
  }
  return others.next().done === true;
}

type Extent = ReturnType<DiskImage['extents']> extends Iterable<infer E> ? E : never;

/** Images that began as one share the pages that nobody has written since. */
const sameExtent = (left: Extent, right: Extent): boolean =>
  left.offset === right.offset &&
  left.pages.length === right.pages.length &&
  left.pages.every((page, index) => {
    const other = right.pages[index];
    return page === other || (other !== undefined && Buffer.compare(page, other) === 0);
  });

/** Of the images of a sequence, the first with the same bytes stands for all. Meanwhile none of them is changed or released. */
export class DistinctImages {
  readonly #firsts = new Map<DiskImage, DiskImage>();

  /** The first that it was asked for with these bytes, this one if there was none. */
  firstLike(image: DiskImage): DiskImage {
    const known = this.#firsts.get(image);
    if (known !== undefined) return known;
    const first = [...new Set(this.#firsts.values())].find((other) => sameImage(other, image)) ?? image;
    this.#firsts.set(image, first);
    return first;
  }
}
