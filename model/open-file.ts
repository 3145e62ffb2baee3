import type { DirectoryInode, FileInode } from './inode.ts';
import { sizeOf } from './inode.ts';
import type { Access, Credentials, Handle, Path } from './operation.ts';

/** What a generator sees of an open descriptor. Nothing is copied: the view changes with the model. */
export interface HandleView {
  readonly handle: Handle;
  /** The path that open was called with; it may name something else by now. */
  readonly openedAs: Path;
  readonly type: 'file' | 'directory';
  readonly access: Access;
  readonly append: boolean;
  /** Whether it leaves the page cache out (O_DIRECT). */
  readonly direct: boolean;
  /** Where the next read or write starts, in bytes; an appending write starts at the end of file instead. */
  readonly position: number;
  /** Bytes; 0 for a directory. */
  readonly size: number;
  /** How many names the inode has left; 0 when it lives by its descriptors only. */
  readonly links: number;
  /** As in NodeView. */
  readonly boundaryCount: number;
  boundaryAt(index: number): number;
}

/** An open file description (struct file). Each open makes one, each has one descriptor. */
export class OpenFile implements HandleView {
  readonly handle: Handle;
  readonly openedAs: Path;
  readonly inode: FileInode | DirectoryInode;
  readonly access: Access;
  readonly append: boolean;
  readonly direct: boolean;
  /** Who opened it: the very object that was the caller then (f_cred). */
  readonly opener: Credentials;
  position = 0;

  constructor(
    handle: Handle,
    openedAs: Path,
    inode: FileInode | DirectoryInode,
    access: Access,
    { append = false, direct = false }: { append?: boolean | undefined; direct?: boolean | undefined },
    opener: Credentials,
  ) {
    this.handle = handle;
    this.openedAs = openedAs;
    this.inode = inode;
    this.access = access;
    this.append = append;
    this.direct = direct;
    this.opener = opener;
  }

  get readable(): boolean {
    return this.access !== 'write';
  }

  get writable(): boolean {
    return this.access !== 'read';
  }

  get type(): 'file' | 'directory' {
    return this.inode.type;
  }

  get size(): number {
    return sizeOf(this.inode);
  }

  get links(): number {
    return this.inode.links;
  }

  get boundaryCount(): number {
    return this.inode.type === 'file' ? this.inode.contents.boundaryCount : 0;
  }

  boundaryAt(index: number): number {
    return this.inode.type === 'file' ? this.inode.contents.boundaryAt(index) : 0;
  }
}
