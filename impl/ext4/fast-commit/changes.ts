import { Corruption } from '../../lib/corruption.ts';
import { MAX_BLOCKS } from '../extents/check-node.ts';
import { maxLength, type Extent } from '../extents/node.ts';
import { EXT_INIT_MAX_LEN, ExtentLayout, extentStart } from '../layout/extent.ts';
import {
  FastCommitAddRangeLayout,
  FastCommitDelRangeLayout,
  FastCommitInodeLayout,
  FastCommitNameLayout,
  FC_ADD_RANGE,
  FC_CREAT,
  FC_DEL_RANGE,
  FC_INODE,
  FC_LINK,
} from '../layout/fast-commit.ts';
import { EXT4_GOOD_OLD_INODE_SIZE } from '../layout/inode.ts';
import type { SuperBlock } from '../super/super-block.ts';
import type { ChangeTag } from './scan.ts';

/** What a tag says, checked as far as that goes without looking at the file system. */
export type Change =
  | { readonly kind: 'add-range'; readonly ino: number; readonly extent: Extent }
  | { readonly kind: 'del-range'; readonly ino: number; readonly from: number; readonly to: number }
  | NameChange
  | InodeChange;

export interface NameChange {
  readonly kind: 'create' | 'link' | 'unlink';
  readonly parentIno: number;
  readonly ino: number;
  readonly name: Uint8Array;
}

export interface InodeChange {
  readonly kind: 'inode';
  readonly ino: number;
  /** The inode as the table had it, to the end of i_extra_isize. */
  readonly bytes: Uint8Array;
}

const NAME_MAX = 255;
const SLASH = 0x2f;

/** Decodes a tag. Throws Corruption for what nobody would have written: its checksum is right. */
export function changeOf(sb: SuperBlock, { tag, value }: ChangeTag): Change {
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  if (tag === FC_ADD_RANGE) return addRangeOf(sb, view);
  if (tag === FC_DEL_RANGE) return delRangeOf(view);
  if (tag === FC_INODE) return inodeOf(sb, value, view);
  return nameOf(tag, value, view);
}

function mustHold(structure: string, view: DataView, least: number): void {
  if (view.byteLength < least)
    throw new Corruption(structure, 'fc_len', view.byteLength, `at least ${least}`);
}

function addRangeOf(sb: SuperBlock, view: DataView): Change {
  const { name, size, fields } = FastCommitAddRangeLayout;
  mustHold(name, view, size);
  const raw = ExtentLayout.at(view, fields.extent.offset);
  const unwritten = raw.len > EXT_INIT_MAX_LEN;
  const length = unwritten ? raw.len - EXT_INIT_MAX_LEN : raw.len;
  const logical = raw.block;
  if (length === 0 || length > maxLength(unwritten) || logical + length > MAX_BLOCKS) {
    throw new Corruption(name, 'fc_ex', `${logical} + ${length}`, `blocks up to ${MAX_BLOCKS}`);
  }
  const physical = extentStart(raw);
  sb.blockAllocator.checkRange(physical, length, name);
  const { ino } = FastCommitAddRangeLayout.at(view);
  return { kind: 'add-range', ino, extent: { logical, length, physical, unwritten } };
}

function delRangeOf(view: DataView): Change {
  mustHold(FastCommitDelRangeLayout.name, view, FastCommitDelRangeLayout.size);
  const { ino, logical, length } = FastCommitDelRangeLayout.at(view);
  return { kind: 'del-range', ino, from: logical, to: Math.min(MAX_BLOCKS, logical + length) };
}

function inodeOf(sb: SuperBlock, value: Uint8Array, view: DataView): Change {
  const { name, size } = FastCommitInodeLayout;
  mustHold(name, view, size + EXT4_GOOD_OLD_INODE_SIZE);
  const bytes = value.subarray(size);
  if (bytes.length > sb.geometry.inodeSize) {
    throw new Corruption(name, 'fc_len', value.length, `at most ${size + sb.geometry.inodeSize}`);
  }
  return { kind: 'inode', ino: FastCommitInodeLayout.at(view).ino, bytes };
}

function nameOf(tag: number, value: Uint8Array, view: DataView): NameChange {
  const { name: structure, size } = FastCommitNameLayout;
  mustHold(structure, view, size + 1);
  const { parentIno, ino } = FastCommitNameLayout.at(view);
  const name = value.slice(size);
  if (name.length > NAME_MAX)
    throw new Corruption(structure, 'fc_len', value.length, `at most ${size + NAME_MAX}`);
  if (name.includes(0) || name.includes(SLASH))
    throw new Corruption(structure, 'fc_dname', name.join(' '), 'a name without 0 or /');
  const kind = tag === FC_CREAT ? 'create' : tag === FC_LINK ? 'link' : 'unlink';
  return { kind, parentIno, ino, name };
}
