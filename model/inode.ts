import type { AccessControlList } from './access-control-list.ts';
import { NO_FLAGS, type InodeFlags } from './inode-flags.ts';
import type { DeviceNumber, FileType, NodeType, Path, Stat, StoredValue, Timestamp } from './operation.ts';
import { SparseContents } from './sparse-contents.ts';
import { utf8Length } from './limits.ts';

/** Who owns an inode, what may be done with it, and when something was: what every inode starts with. */
export interface Attributes {
  /** Permission bits, 0 .. 0o7777. */
  mode: number;
  uid: number;
  gid: number;
  atime: Timestamp;
  mtime: Timestamp;
  ctime: Timestamp;
}

/** What an inode may have beside its attributes; most have nothing of it. */
export interface Extras {
  /** Extended attributes by their full name, access control lists excepted; null when there are none. */
  xattrs: ReadonlyMap<string, StoredValue> | null;
  /** The names of those whose value may lie in an inode of its own: it is written anew although it is the same. */
  elsewhere: ReadonlySet<string>;
  accessList: AccessControlList | null;
  /** What new inodes in this directory inherit. */
  defaultList: AccessControlList | null;
  flags: InodeFlags;
  project: number;
  /** Whether new inodes in this directory get its project, and no others may enter (EXT4_PROJINHERIT_FL). */
  handsProjectDown: boolean;
}

const NO_NAMES: ReadonlySet<string> = new Set();

abstract class CommonInode implements Attributes, Extras {
  mode: number;
  uid: number;
  gid: number;
  links: number;
  atime: Timestamp;
  mtime: Timestamp;
  ctime: Timestamp;
  /**
   * What each time may be instead, because nobody knows whether later changes reached it (failed links and whiteouts,
   * stores through mappings, and reads that look at such times under relatime). Oldest first.
   */
  openAtimes: readonly Timestamp[] = [];
  openMtimes: readonly Timestamp[] = [];
  openCtimes: readonly Timestamp[] = [];
  xattrs: ReadonlyMap<string, StoredValue> | null = null;
  elsewhere: ReadonlySet<string> = NO_NAMES;
  accessList: AccessControlList | null = null;
  defaultList: AccessControlList | null = null;
  flags = NO_FLAGS;
  project = 0;
  handsProjectDown = false;

  constructor(attributes: Readonly<Attributes>, links: number) {
    this.mode = attributes.mode;
    this.uid = attributes.uid;
    this.gid = attributes.gid;
    this.links = links;
    this.atime = attributes.atime;
    this.mtime = attributes.mtime;
    this.ctime = attributes.ctime;
  }
}

/** What the size may be after a change of it that ran out of space halfway. */
export interface OpenSize {
  readonly least: number;
  readonly most: number;
  /** Between the two it is a multiple of this. */
  readonly unit: number;
  /** When it has grown, nobody knows what is behind this place. */
  readonly unknown: number;
}

export class FileInode extends CommonInode {
  readonly type = 'file';
  /** Whether it is mapped by extents, once its contents are not in it (EXT4_INODE_EXTENTS). */
  extents: boolean;
  contents = new SparseContents();
  /** Whether it may get a first name although it has none: O_TMPFILE made it, without O_EXCL (I_LINKABLE). */
  linkable = false;
  /** Up to here blocks may be reserved by fallocate, in bytes; never less than they are. */
  reservedBytes = 0;
  /** The byte where what fallocate reserved last ends: it is there as long as the file has not changed since. */
  reserved: { readonly end: number; readonly ctime: Timestamp } | null = null;
  openSize: OpenSize | null = null;
  /** Whether something was stored behind the end of file, in its last page: mappings may show it. */
  strayed = false;
  /** Whether truncate made it larger than an inode after something was written: what lay in the inode has left it for ever. */
  outgrewInode = false;
  /** Pages that shared mappings have stored to, by number; whether the next store moves the times, nobody knows. */
  storedPages: Set<number> = new Set<number>();

  constructor(attributes: Readonly<Attributes>, links: number, extents: boolean) {
    super(attributes, links);
    this.extents = extents;
  }
}

/** A fifo, a socket or a device. */
export class SpecialInode extends CommonInode {
  readonly type: Exclude<NodeType, 'file'>;
  /** Null unless it is a device. */
  readonly device: DeviceNumber | null;

  constructor(
    attributes: Readonly<Attributes>,
    links: number,
    type: Exclude<NodeType, 'file'>,
    device: DeviceNumber | null,
  ) {
    super(attributes, links);
    this.type = type;
    this.device = device;
  }
}

export class SymlinkInode extends CommonInode {
  readonly type = 'symlink';
  readonly target: string;

  constructor(attributes: Readonly<Attributes>, links: number, target: string) {
    super(attributes, links);
    this.target = target;
  }
}

export class DirectoryInode extends CommonInode {
  readonly type = 'directory';
  readonly children = new Map<string, Dentry>();
  /** The one entry that names this directory. It stays when the directory is removed, and then means nothing. */
  dentry: Dentry | null = null;

  /** What `..` names; the root is its own parent. */
  get parent(): DirectoryInode {
    return this.dentry?.parent ?? this;
  }
}

export type Inode = FileInode | SymlinkInode | DirectoryInode | SpecialInode;

/** What a generator sees of a name in the tree. Nothing is copied: the view changes with the model. */
export interface NodeView {
  /** A path that leads here without a symbolic link; `.` for the root. */
  readonly path: Path;
  readonly name: string;
  readonly type: FileType;
  readonly links: number;
  /** Bytes; 0 for a directory. */
  readonly size: number;
  /** How many children a directory has; 0 for others. */
  readonly childCount: number;
  /** What a symbolic link holds; the empty string for others. */
  readonly target: string;
  /** How many offsets `boundaryAt` knows; 0 for what is no regular file. */
  readonly boundaryCount: number;
  /** The offset in bytes of a place where written bytes begin or end, of the end of file, or of the start. */
  boundaryAt(index: number): number;
  /** Names of its extended attributes, access control lists excepted. */
  readonly xattrNames: readonly string[];
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whether it is immutable or append-only. */
  readonly flagged: boolean;
}

/** A name in a directory. Moves with a rename, so that what points to it never has to be told. */
export class Dentry implements NodeView {
  name: string;
  parent: DirectoryInode;
  readonly inode: Inode;
  /** Where it stands in the list of its type (name-list.ts). */
  listIndex = 0;

  constructor(name: string, parent: DirectoryInode, inode: Inode) {
    this.name = name;
    this.parent = parent;
    this.inode = inode;
  }

  get path(): Path {
    const { dentry } = this.parent;
    if (dentry === null) return this.name;
    return `${dentry.path}/${this.name}`;
  }

  get type(): FileType {
    return this.inode.type;
  }

  get links(): number {
    return this.inode.links;
  }

  get size(): number {
    return sizeOf(this.inode);
  }

  get childCount(): number {
    return this.inode.type === 'directory' ? this.inode.children.size : 0;
  }

  get target(): string {
    return this.inode.type === 'symlink' ? this.inode.target : '';
  }

  get boundaryCount(): number {
    return this.inode.type === 'file' ? this.inode.contents.boundaryCount : 0;
  }

  boundaryAt(index: number): number {
    return this.inode.type === 'file' ? this.inode.contents.boundaryAt(index) : 0;
  }

  get xattrNames(): readonly string[] {
    const { xattrs } = this.inode;
    return xattrs === null ? [] : [...xattrs.keys()];
  }

  get mode(): number {
    return this.inode.mode;
  }

  get uid(): number {
    return this.inode.uid;
  }

  get gid(): number {
    return this.inode.gid;
  }

  get flagged(): boolean {
    return this.inode.flags.immutable || this.inode.flags.append;
  }
}

/** What stat(2) calls the size: bytes of a file or of a link's target, 0 for all others (see Stat.size). */
export function sizeOf(inode: Inode): number {
  if (inode.type === 'file') return inode.contents.size;
  return inode.type === 'symlink' ? utf8Length(inode.target) : 0;
}

export function statOf(inode: Inode): Stat {
  const stat = commonStatOf(inode);
  return inode instanceof SpecialInode && inode.device !== null ? { device: inode.device, ...stat } : stat;
}

function commonStatOf(inode: Inode): Stat {
  return {
    type: inode.type,
    mode: inode.mode,
    links: inode.links,
    uid: inode.uid,
    gid: inode.gid,
    size: sizeOf(inode),
    atime: inode.atime,
    mtime: inode.mtime,
    ctime: inode.ctime,
  };
}
