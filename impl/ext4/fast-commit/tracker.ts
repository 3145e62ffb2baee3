import type { Handle } from '../../jbd2/handle.ts';
import { isDirectory, isRegular, type Inode } from '../inode/inode.ts';

/**
 * Why only a full commit will do. The first ones are the kernel's (EXT4_FC_REASON_*); the others are changes that the kernel
 * fast-commits although Linux 6.18 or e2fsck 1.47 do not restore them whole.
 */
export type Ineligible =
  | 'attributes changed'
  | 'names exchanged'
  | 'directory renamed'
  | 'not a regular file'
  | 'super block changed'
  | 'map converted'
  | 'extents moved'
  | 'range shifted'
  | 'directory made, removed or changed'
  | 'file deleted'
  | 'file without a name linked'
  | 'mount'
  | 'write failed';

/** One change of a name, in the order in which they happened. */
export interface NameUpdate {
  readonly kind: 'create' | 'link' | 'unlink';
  readonly parentIno: number;
  readonly name: Uint8Array;
  readonly inode: Inode;
}

/** Logical blocks `from` .. `to - 1`, all of which may map something else now. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * What the running transaction has changed since the last fast commit (s_fc_q, s_fc_dentry_q). A full commit makes all of it
 * durable; what the next transaction changes while that is under way takes its place.
 */
export class Tracker {
  /** The transaction that all of this belongs to. */
  tid = -1;
  /** Files that changed, and where their maps may have. */
  readonly files = new Map<Inode, Span | null>();
  names: NameUpdate[] = [];
  /** Changes of maps so far. */
  mapChanges = 0;
  /** How often something has made a transaction ineligible (fc_ineligible_reason_count). */
  readonly reasons = new Map<Ineligible, number>();
  /** Made since the last commit of any kind: after a crash nobody knows of them. */
  readonly #born = new Set<Inode>();
  #ineligibleTid = -1;

  /** Only a full commit can make the transaction durable (ext4_fc_mark_ineligible). */
  ineligible(tid: number, reason: Ineligible): void {
    this.#enter(tid);
    this.#ineligibleTid = tid;
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  isIneligible(tid: number): boolean {
    return this.#ineligibleTid === tid;
  }

  /** The inode goes to the table (ext4_fc_track_inode). The times of directories follow from their names. */
  inodeChanged(tid: number, inode: Inode): void {
    this.#enter(tid);
    if (isDirectory(inode.mode) || this.files.has(inode)) return;
    if (isRegular(inode.mode)) this.files.set(inode, null);
    else this.ineligible(tid, 'not a regular file');
  }

  /** `from` .. `to - 1` may map something else now (ext4_fc_track_range). */
  mapChanged({ transaction }: Handle, inode: Inode, from: number, to: number): void {
    if (isDirectory(inode.mode)) return;
    this.inodeChanged(transaction.tid, inode);
    this.mapChanges++;
    const known = this.files.get(inode);
    if (known === undefined) return;
    const span =
      known === null ? { from, to } : { from: Math.min(from, known.from), to: Math.max(to, known.to) };
    this.files.set(inode, span);
  }

  /** An inode was allocated; it has no name so far. */
  born({ transaction }: Handle, inode: Inode): void {
    this.#enter(transaction.tid);
    this.#born.add(inode);
  }

  /** A name came or went (ext4_fc_track_create and its kin). */
  named({ transaction }: Handle, kind: NameUpdate['kind'], dir: Inode, name: Uint8Array, inode: Inode): void {
    const { tid } = transaction;
    this.#enter(tid);
    if (isDirectory(inode.mode)) this.ineligible(tid, 'directory made, removed or changed');
    else if (!isRegular(inode.mode)) this.ineligible(tid, 'not a regular file');
    else this.names.push({ kind, parentIno: dir.ino, name, inode });
  }

  /** One more name. Where it is the first, those who replay must be told before it that there is such a file. */
  linked(handle: Handle, dir: Inode, name: Uint8Array, inode: Inode): void {
    const { tid } = handle.transaction;
    this.#enter(tid);
    if (inode.links > 1) this.named(handle, 'link', dir, name, inode);
    else if (this.#born.has(inode)) this.named(handle, 'create', dir, name, inode);
    else this.ineligible(tid, 'file without a name linked');
  }

  /** The inode is freed (ext4_fc_del): of one that nobody was told of nobody need be told. */
  freed({ transaction }: Handle, inode: Inode): void {
    this.#enter(transaction.tid);
    this.files.delete(inode);
    if (!this.#born.delete(inode)) this.ineligible(transaction.tid, 'file deleted');
    else this.names = this.names.filter((update) => update.inode !== inode);
  }

  /** After a crash nobody would miss the file: it is new, and has no name. */
  isUnknown(inode: Inode): boolean {
    return inode.links === 0 && this.#born.has(inode);
  }

  /** A fast commit tells of everything so far, but for files that are still unknown. */
  told(): void {
    this.names = [];
    for (const inode of this.files.keys()) if (!this.isUnknown(inode)) this.files.delete(inode);
    for (const inode of this.#born) if (!this.isUnknown(inode)) this.#born.delete(inode);
  }

  /** The transaction is durable as a whole. What a newer one has changed meanwhile is not. */
  committed(tid: number): void {
    if (tid === this.tid) this.#forget();
  }

  #enter(tid: number): void {
    if (tid === this.tid) return;
    this.tid = tid;
    this.#forget();
  }

  #forget(): void {
    this.files.clear();
    this.names = [];
    this.#born.clear();
  }
}
