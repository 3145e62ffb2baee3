import type { FuseAnswer } from './answer.ts';
import * as message from './messages.ts';
import type { DeviceNumber, TreeAttributes, TreeEntry, TreeFileType, TreeNodeType } from './node-tree.ts';

/** How attributes stand in answers. */

/** DT_* of dirent, which are also the four bits of S_IFMT. */
const TYPE_NUMBER: Readonly<Record<TreeFileType, number>> = {
  fifo: 1,
  'character-device': 2,
  directory: 4,
  'block-device': 6,
  file: 8,
  symlink: 10,
  socket: 12,
};

const NODE_TYPES: Readonly<Record<number, TreeNodeType>> = {
  1: 'fifo',
  2: 'character-device',
  6: 'block-device',
  8: 'file',
  12: 'socket',
};

/** What mknod(2) is asked to make; null for what it cannot. No type means a file. */
export const nodeTypeOf = (mode: number): TreeNodeType | null => {
  const type = (mode >> 12) & 0xf;
  return type === 0 ? 'file' : (NODE_TYPES[type] ?? null);
};

export const modeOf = ({ type, mode }: TreeAttributes): number => (TYPE_NUMBER[type] << 12) | mode;

/** new_encode_dev */
export const encodeDevice = ({ major, minor }: DeviceNumber): number =>
  ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;

export const decodeDevice = (device: number): DeviceNumber => ({
  major: (device >>> 8) & 0xfff,
  minor: (device & 0xff) | ((device >>> 12) & 0xfff00),
});

/** How long the kernel may believe an answer: seconds and nanoseconds, of names and of attributes. */
export interface Validity {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export function putAttributes(answer: FuseAnswer, stat: TreeAttributes): void {
  answer.put(message.attributes, {
    ino: stat.ino,
    size: stat.size,
    sectors: stat.sectors,
    atime: stat.atime.seconds,
    mtime: stat.mtime.seconds,
    ctime: stat.ctime.seconds,
    atimeNanoseconds: stat.atime.nanoseconds,
    mtimeNanoseconds: stat.mtime.nanoseconds,
    ctimeNanoseconds: stat.ctime.nanoseconds,
    mode: modeOf(stat),
    links: stat.links,
    uid: stat.uid,
    gid: stat.gid,
    device: stat.device === undefined ? 0 : encodeDevice(stat.device),
    blockSize: stat.blockSize,
    flags: 0,
  });
}

export function putAttributesAnswer(answer: FuseAnswer, stat: TreeAttributes, valid: Validity): void {
  answer.put(message.attributesAnswer, {
    attributesValid: valid.seconds,
    attributesValidNanoseconds: valid.nanoseconds,
  });
  putAttributes(answer, stat);
}

export function putEntry(answer: FuseAnswer, entry: TreeEntry, valid: Validity): void {
  answer.put(message.entryAnswer, {
    node: entry.node,
    generation: entry.generation,
    entryValid: valid.seconds,
    attributesValid: valid.seconds,
    entryValidNanoseconds: valid.nanoseconds,
    attributesValidNanoseconds: valid.nanoseconds,
  });
  putAttributes(answer, entry.attributes);
}

/** Bytes of what `putEntry` puts. */
export const ENTRY_BYTES = message.entryAnswer.size + message.attributes.size;

/** STATX_BASIC_STATS | STATX_BTIME */
const STATX_MASK = 0xfff;

export function putStatx(answer: FuseAnswer, stat: TreeAttributes, valid: Validity): void {
  answer.put(message.statxAnswer, {
    attributesValid: valid.seconds,
    attributesValidNanoseconds: valid.nanoseconds,
    flags: 0,
  });
  answer.put(message.statxAttributes, {
    mask: STATX_MASK,
    blockSize: stat.blockSize,
    attributes: 0,
    links: stat.links,
    uid: stat.uid,
    gid: stat.gid,
    mode: modeOf(stat),
    ino: stat.ino,
    size: stat.size,
    sectors: stat.sectors,
    attributesMask: 0,
    atime: stat.atime.seconds,
    atimeNanoseconds: stat.atime.nanoseconds,
    btime: stat.born.seconds,
    btimeNanoseconds: stat.born.nanoseconds,
    ctime: stat.ctime.seconds,
    ctimeNanoseconds: stat.ctime.nanoseconds,
    mtime: stat.mtime.seconds,
    mtimeNanoseconds: stat.mtime.nanoseconds,
    deviceMajor: stat.device?.major ?? 0,
    deviceMinor: stat.device?.minor ?? 0,
  });
}
