import {
  EXT4_ERROR_FS,
  EXT4_VALID_FS,
  featureNames,
  groupFacts,
  type FileSystem,
} from '../../../generated/impl/index.ts';
import type { ImageFacts } from '../../image/image-view.ts';

/** What a mounted image is. */
export function imageFacts(fs: FileSystem): ImageFacts {
  const { raw, features, geometry, journal } = fs.sb;
  const { blocksFree, inodesFree } = fs.statfs();
  const incompat = featureNames('I', features.incompat);
  return {
    label: textUpToNul(raw.volumeName),
    uuid: uuidText(raw.uuid),
    features: [...featureNames('C', features.compat), ...incompat, ...featureNames('R', features.roCompat)],
    state:
      ((raw.state & EXT4_VALID_FS) === 0 ? 'not clean' : 'clean') +
      ((raw.state & EXT4_ERROR_FS) === 0 ? '' : ' with errors'),
    recovered: incompat.includes('needs_recovery'),
    blockSize: geometry.blockSize,
    blocks: geometry.blocks,
    blocksFree,
    inodes: geometry.inodes,
    inodesFree,
    journalBlocks: journal.lengthBlocks,
    groups: groupFacts(fs.sb),
  };
}

function textUpToNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function uuidText(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
