import { inheritedList, isMinimal, modeBitsOf } from './access-control-list.ts';
import { isPrivileged, mayKeepSetgid } from './caller.ts';
import { DirectoryInode, FileInode, SpecialInode, SymlinkInode } from './inode.ts';
import { inheritedFlags } from './inode-flags.ts';
import type { Attributes, Inode } from './inode.ts';
import { MODE_MAX, PATH_BUFFER_BYTES, exceedsBytes, utf8Length } from './limits.ts';
import { DONE, failure } from './outcome.ts';
import type { DeviceNumber, Errno, NodeType, Outcome, Path } from './operation.ts';
import type { OperationOf } from './operation-of.ts';
import { creationError } from './permission.ts';
import type { State } from './state.ts';

const SETGID = 0o2000;
const GROUP_EXECUTE = 0o010;
const PERMISSION_BITS = 0o777;

/** mkdir(2) keeps the permission bits and the sticky bit of the mode, and nothing else. */
const MKDIR_MODE = 0o1777;

const SYMLINK_MODE = 0o777;

/** The device that whiteouts are, which everybody may make. */
export const WHITEOUT: DeviceNumber = Object.freeze({ major: 0, minor: 0 });

/** mkdir(2). ENOSPC is permitted where the directory would be made; then nothing changes. */
export function mkdir(state: State, operation: OperationOf<'mkdir'>): Outcome {
  const error = startCreation(state, operation.path, true) ?? creationError(state, state.walk.parent);
  if (error !== null) return failure(error);
  const { parent, last } = state.walk;
  if (isFullOfSubdirectories(state, parent)) return failure('EMLINK');
  if (state.ranOutOfSpace) return failure('ENOSPC');
  const directory = new DirectoryInode(newAttributes(state, parent, operation.mode & MKDIR_MODE), 2);
  directory.mode |= parent.mode & SETGID;
  inherit(parent, directory, state);
  state.addName(parent, last, directory);
  state.markModified(parent);
  addSubdirectory(state, parent);
  return DONE;
}

/** mknod(2). ENOSPC is permitted where the node would be made; then nothing changes. */
export function mknod(state: State, operation: OperationOf<'mknod'>): Outcome {
  const { type, device } = operation;
  const error = startCreation(state, operation.path, false) ?? creationError(state, state.walk.parent);
  if (error !== null) return failure(error);
  if (isDevice(type) && !isWhiteout(type, device) && !isPrivileged(state.caller)) return failure('EPERM');
  if (state.ranOutOfSpace) return failure('ENOSPC');
  const { parent, last } = state.walk;
  const node = newNode(state, parent, type, device, operation.mode);
  state.addName(parent, last, node);
  state.markModified(parent);
  return DONE;
}

/** symlink(2). ENOSPC is permitted where the link would be made; then nothing changes. */
export function symlink(state: State, operation: OperationOf<'symlink'>): Outcome {
  const { target } = operation;
  if (target.length === 0) return failure('ENOENT');
  if (exceedsBytes(target, PATH_BUFFER_BYTES - 1)) return failure('ENAMETOOLONG');
  const error = startCreation(state, operation.path, false) ?? creationError(state, state.walk.parent);
  if (error !== null) return failure(error);
  // The target and its final NUL have to fit into one block (fscrypt_prepare_symlink).
  if (utf8Length(target) >= state.options.blockSizeBytes) return failure('ENAMETOOLONG');
  if (state.ranOutOfSpace) return failure('ENOSPC');
  const { parent, last } = state.walk;
  const link = new SymlinkInode(newAttributes(state, parent, SYMLINK_MODE), 1, target);
  inheritFlags(parent, link, state);
  state.addName(parent, last, link);
  state.markModified(parent);
  return DONE;
}

/** Makes the regular file that open(2) wants where the walk stands. ENOSPC is permitted; then nothing changes. */
export function createFile(state: State, mode: number): FileInode | Errno {
  const { parent, last } = state.walk;
  const error = creationError(state, parent);
  if (error !== null) return error;
  if (state.ranOutOfSpace) return 'ENOSPC';
  const inode = newFile(state, parent, mode, 1);
  state.addName(parent, last, inode);
  state.markModified(parent);
  return inode;
}

/** Makes a regular file without a name (vfs_tmpfile). ENOSPC is permitted; then nothing changes. */
export function createUnnamedFile(
  state: State,
  directory: DirectoryInode,
  mode: number,
  linkable: boolean,
): FileInode | Errno {
  const error = creationError(state, directory);
  if (error !== null) return error;
  if (state.ranOutOfSpace) return 'ENOSPC';
  const inode = newFile(state, directory, mode, 0);
  inode.linkable = linkable;
  return inode;
}

/** A node that leaves no name yet (ext4_mknod, ext4_whiteout_for_rename). */
export function newNode(
  state: State,
  parent: DirectoryInode,
  type: NodeType,
  device: DeviceNumber,
  mode: number,
): FileInode | SpecialInode {
  if (type === 'file') return newFile(state, parent, mode, 1);
  const number = isDevice(type) ? { major: device.major, minor: device.minor } : null;
  const attributes = newAttributes(state, parent, keptMode(state, parent, mode));
  const node = new SpecialInode(attributes, 1, type, number);
  inherit(parent, node, state);
  return node;
}

function newFile(state: State, parent: DirectoryInode, mode: number, links: number): FileInode {
  const inode = new FileInode(
    newAttributes(state, parent, keptMode(state, parent, mode)),
    links,
    state.options.extents,
  );
  inherit(parent, inode, state);
  return inode;
}

/** In a setgid directory nobody makes a program of a group that he is not in (mode_strip_sgid). */
function keptMode(state: State, parent: DirectoryInode, mode: number): number {
  const both = SETGID | GROUP_EXECUTE;
  if ((mode & both) !== both || (parent.mode & SETGID) === 0) return mode;
  return mayKeepSetgid(state.caller, parent.gid) ? mode : mode & ~SETGID;
}

/** Whether one subdirectory more would be one too many (EXT4_DIR_LINK_MAX). */
export function isFullOfSubdirectories({ options }: State, directory: DirectoryInode): boolean {
  return directory.links >= options.linksMax && !options.dirNlink;
}

/** Counts one more subdirectory: beyond the limit, the count says 1 for good (dir_nlink, ext4_inc_count). */
export function addSubdirectory(state: State, directory: DirectoryInode): void {
  const links = directory.links + 1;
  directory.links = links > state.options.linksMax || links === 2 ? 1 : links;
}

/** Counts one subdirectory less, where the directory still counts (ext4_dec_count). */
export function dropSubdirectory(directory: DirectoryInode): void {
  if (directory.links > 2) directory.links--;
}

/** Walks to where a new name shall be (filename_create); answers why it cannot be there. */
export function startCreation(state: State, path: Path, wantsDirectory: boolean): Errno | null {
  const { walk } = state;
  const error = walk.start(path);
  if (error !== null) return error;
  if (walk.kind !== 'name') return 'EEXIST';
  const found = walk.lookupName();
  if (typeof found !== 'string') return 'EEXIST';
  if (found !== 'ENOENT') return found;
  return walk.trailingSlash && !wantsDirectory ? 'ENOENT' : null;
}

/** What the caller's new inode starts with: a setgid directory hands its group down (inode_init_owner). */
function newAttributes({ now, caller }: State, parent: Inode, mode: number): Attributes {
  const gid = (parent.mode & SETGID) !== 0 ? parent.gid : caller.gid;
  return { mode: mode & MODE_MAX, uid: caller.uid, gid, atime: now, mtime: now, ctime: now };
}

/** What a directory hands down to a new inode: most flags, its project, and its default access control list (ext4_init_acl). */
function inherit(parent: DirectoryInode, inode: Exclude<Inode, SymlinkInode>, state: State): void {
  inheritFlags(parent, inode, state);
  const { defaultList } = parent;
  if (defaultList === null) return;
  const list = inheritedList(defaultList, inode.mode);
  inode.mode = (inode.mode & ~PERMISSION_BITS) | modeBitsOf(list);
  if (!isMinimal(list)) inode.accessList = list;
  if (inode.type === 'directory') inode.defaultList = defaultList;
}

/** ext4_new_inode. */
function inheritFlags(parent: DirectoryInode, inode: Inode, { options }: State): void {
  inode.flags = inheritedFlags(parent.flags, inode.type);
  if (!parent.handsProjectDown) return;
  if (options.projects) inode.project = parent.project;
  if (inode.type === 'directory') inode.handsProjectDown = true;
}

const isDevice = (type: NodeType): boolean => type === 'character-device' || type === 'block-device';

const isWhiteout = (type: NodeType, { major, minor }: DeviceNumber): boolean =>
  type === 'character-device' && major === WHITEOUT.major && minor === WHITEOUT.minor;
