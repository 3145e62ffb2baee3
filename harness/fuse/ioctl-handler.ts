import type { FuseAnswer } from './answer.ts';
import { FuseFailure, type Handler } from './connection.ts';
import { i64, layout, u32, u64, gap } from './layout.ts';
import * as message from './messages.ts';
import type { NodeTree } from './node-tree.ts';

/**
 * FUSE_IOCTL: what chattr, lsattr and fstrim ask. FIEMAP, FIBMAP and FIFREEZE never come here: the kernel answers them itself,
 * with EOPNOTSUPP and EINVAL for a FUSE file system.
 */

const flagsValue = layout({ flags: u32 });
const longValue = layout({ value: i64 });
const fsxattr = layout({ flags: u32, extentSize: u32, extents: u32, project: u32, gapRest: gap(12) });
const trimRange = layout({ start: u64, length: u64, minimum: u64 });

/** FS_XFLAG_* with the FS_*_FL that it stands for. */
const XFLAGS: readonly (readonly [xflag: number, flag: number])[] = [
  [0x8, 0x10], // immutable
  [0x10, 0x20], // append only
  [0x20, 0x8], // synchronous
  [0x40, 0x80], // no atime
  [0x80, 0x40], // no dump
  [0x200, 0x20000000], // hands its project down
  [0x8000, 0x02000000], // dax
];
const XFLAG_PROJINHERIT = 0x200;
const FLAG_PROJINHERIT = 0x20000000;
const COMMON_FLAGS = XFLAGS.reduce((all, [, flag]) => all | flag, 0);

type Ioctl = (tree: NodeTree, handle: number, input: DataView, answer: FuseAnswer) => void;

/** The answer to an ioctl that has worked. */
const RESULT = { result: 0 };

const getFlags: Ioctl = (tree, handle, _input, answer) => {
  const flags = tree.getFlags(handle) >>> 0;
  answer.put(message.ioctlAnswer, RESULT);
  answer.put(flagsValue, { flags });
};

const setFlags: Ioctl = (tree, handle, input, answer) => {
  tree.setFlags(handle, needs(input, flagsValue).read(input).flags);
  answer.put(message.ioctlAnswer, RESULT);
};

const getVersion: Ioctl = (tree, handle, _input, answer) => {
  const value = tree.getGeneration(handle);
  answer.put(message.ioctlAnswer, RESULT);
  answer.put(longValue, { value });
};

const setVersion: Ioctl = (tree, handle, input, answer) => {
  tree.setGeneration(handle, needs(input, flagsValue).read(input).flags);
  answer.put(message.ioctlAnswer, RESULT);
};

const getXattr: Ioctl = (tree, handle, _input, answer) => {
  const known = tree.getFlags(handle);
  const flags = XFLAGS.reduce((all, [xflag, flag]) => ((known & flag) !== 0 ? all | xflag : all), 0);
  const project = tree.getProject(handle) >>> 0;
  answer.put(message.ioctlAnswer, RESULT);
  answer.put(fsxattr, { flags, extentSize: 0, extents: 0, project });
};

const setXattr: Ioctl = (tree, handle, input, answer) => {
  const { flags, project } = needs(input, fsxattr).read(input);
  const common = XFLAGS.reduce((all, [xflag, flag]) => ((flags & xflag) !== 0 ? all | flag : all), 0);
  const old = tree.getFlags(handle);
  const wanted = (old & ~COMMON_FLAGS) | (common & ~FLAG_PROJINHERIT) | (old & FLAG_PROJINHERIT);
  if (wanted !== old) tree.setFlags(handle, wanted);
  tree.setProject(handle, project, (flags & XFLAG_PROJINHERIT) !== 0);
  answer.put(message.ioctlAnswer, RESULT);
};

const trim: Ioctl = (tree, _handle, input, answer) => {
  const { start, length, minimum } = needs(input, trimRange).read(input);
  const trimmed = tree.trim(start, length, minimum);
  answer.put(message.ioctlAnswer, RESULT);
  answer.put(trimRange, { start, length: trimmed, minimum });
};

/** By the numbers that _IOR and its like make. */
const IOCTLS: Readonly<Record<number, Ioctl>> = {
  0x80086601: getFlags,
  0x40086602: setFlags,
  0x80087601: getVersion,
  0x40087602: setVersion,
  0x801c581f: getXattr,
  0x401c5820: setXattr,
  0xc0185879: trim,
};

function needs<L extends { readonly size: number }>(input: DataView, wanted: L): L {
  if (input.byteLength < wanted.size) throw new FuseFailure('EFAULT');
  return wanted;
}

export const ioctl: Handler = ({ tree }, request, answer) => {
  const { handle, command, inSize } = request.read(message.ioctlRequest);
  const known = IOCTLS[command];
  if (known === undefined) throw new FuseFailure('ENOTTY');
  const { buffer, byteOffset } = request.body;
  const available = Math.min(inSize, request.body.length - message.ioctlRequest.size);
  known(tree, handle, new DataView(buffer, byteOffset + message.ioctlRequest.size, available), answer);
};
