import type { Handle } from '../../jbd2/handle.ts';
import { READY, type Sleepable } from '../../sched/sleepable.ts';
import { initializeDirectory } from '../directory/directory.ts';
import { setDeviceNumber, type DeviceNumber } from '../inode/device-number.ts';
import { isDevice, S_IFDIR, S_IFREG, type Inode } from '../inode/inode.ts';
import { fail } from '../../lib/errno.ts';
import { isFullOfDirectories } from './link-count.ts';
import { createNamed, type Owner } from './new-inode.ts';

/** ext4_create: an empty regular file, with one reference for the caller. `permissions` are the bits 07777. */
export function* createFile(
  dir: Inode,
  name: Uint8Array,
  permissions: number,
  owner: Owner,
): Sleepable<Inode> {
  return yield* createNamed(dir, name, S_IFREG | permissions, owner, fillFile);
}

function fillFile(_handle: Handle, inode: Inode): Sleepable<void> {
  inode.links = 1;
  return READY;
}

/** ext4_mknod: a device, a pipe or a socket; `mode` has the type. The number is that of the device. */
export function* createNode(
  dir: Inode,
  name: Uint8Array,
  mode: number,
  device: DeviceNumber,
  owner: Owner,
): Sleepable<void> {
  const inode = yield* createNamed(dir, name, mode, owner, (_handle, node) => {
    node.links = 1;
    if (isDevice(mode)) setDeviceNumber(node, device);
    return READY;
  });
  yield* dir.sb.inodes.put(inode);
}

/** ext4_mkdir. Fails with EMLINK. */
export function* makeDirectory(
  dir: Inode,
  name: Uint8Array,
  permissions: number,
  owner: Owner,
): Sleepable<void> {
  if (isFullOfDirectories(dir)) fail('EMLINK');
  const inode = yield* createNamed(dir, name, S_IFDIR | permissions, owner, fillDirectory);
  yield* dir.sb.inodes.put(inode);
}

function* fillDirectory(handle: Handle, inode: Inode, dir: Inode): Sleepable<void> {
  inode.links = 2;
  yield* initializeDirectory(handle, inode, dir.ino);
}
