import type { FileInode } from './inode.ts';
import { PAGE_BYTES } from './limits.ts';
import type { Access, MappingName } from './operation.ts';
import { SparseContents, lengthOf } from './sparse-contents.ts';

/** What a generator sees of a mapping. Nothing is copied: the view changes with the model. */
export interface MappingView {
  readonly mapping: MappingName;
  /** Where in the file it begins, a multiple of 4096, and how many bytes were asked for. */
  readonly offset: number;
  readonly length: number;
  readonly sharing: 'shared' | 'private';
  readonly access: Exclude<Access, 'write'>;
  /** Of the file, as in NodeView. */
  readonly size: number;
  readonly boundaryCount: number;
  boundaryAt(index: number): number;
}

/** A piece of a file in the memory of the process. It keeps the file alive after all else has let go of it. */
export class Mapping implements MappingView {
  readonly mapping: MappingName;
  readonly inode: FileInode;
  readonly offset: number;
  readonly length: number;
  readonly sharing: 'shared' | 'private';
  readonly access: Exclude<Access, 'write'>;
  /**
   * Of a private mapping: its own copies of pages, by the page's number in the file. Null where nobody knows whether the
   * copy is still there.
   */
  readonly copies = new Map<number, SparseContents | null>();

  constructor(inode: FileInode, what: Omit<MappingView, 'size' | 'boundaryCount' | 'boundaryAt'>) {
    this.inode = inode;
    this.mapping = what.mapping;
    this.offset = what.offset;
    this.length = what.length;
    this.sharing = what.sharing;
    this.access = what.access;
  }

  get size(): number {
    return this.inode.contents.size;
  }

  get boundaryCount(): number {
    return this.inode.contents.boundaryCount;
  }

  boundaryAt(index: number): number {
    return this.inode.contents.boundaryAt(index);
  }

  /** How many bytes can be touched: whole pages. */
  get reach(): number {
    return Math.ceil(this.length / PAGE_BYTES) * PAGE_BYTES;
  }

  cloneFor(inode: FileInode): Mapping {
    const copy = new Mapping(inode, this);
    for (const [page, contents] of this.copies) copy.copies.set(page, contents?.clone() ?? null);
    return copy;
  }
}

/** The page with this number as it is now, with what may be behind the end of file. */
export function copyOfPage({ contents, strayed }: FileInode, page: number): SparseContents {
  const copy = new SparseContents();
  const runs = contents.read(page * PAGE_BYTES, PAGE_BYTES);
  const found = lengthOf(runs);
  copy.size = PAGE_BYTES;
  copy.writeRuns(0, runs, found);
  if (strayed) copy.forget(found, PAGE_BYTES);
  return copy;
}
