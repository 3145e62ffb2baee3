import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { findProgram, runSync } from '../process.ts';
import type { Ability } from './ability.ts';

/** What the system allows, tried rather than guessed where trying leaves nothing behind. */
export const systemAbilities = (): Ability[] => [
  node(),
  root(),
  mountNamespace(),
  loopDevices(),
  device('/dev/fuse', 'FUSE', 'twinpath mount', 'load the module fuse (modprobe fuse)'),
  device('/dev/kvm', 'KVM', 'makes --target vm fast', 'a machine that offers virtualisation'),
  buffersInMemory(),
  bufferedIomap(),
];

const NODE_MAJOR = 20;

function node(): Ability {
  const enough = Number(process.versions.node.split('.')[0]) >= NODE_MAJOR;
  return {
    name: 'Node.js',
    missing: enough ? null : `version ${process.versions.node} is too old`,
    found: process.versions.node,
    use: 'runs twinpath',
    remedy: enough ? '' : `install version ${NODE_MAJOR} or newer`,
    essential: true,
  };
}

const isRoot = (): boolean => process.getuid?.() === 0;

function root(): Ability {
  return {
    name: 'root',
    missing: isRoot() ? null : 'you are not root',
    found: isRoot() ? 'you are root' : '',
    use: 'loop mounts: --target loop, twinpath mount',
    remedy: isRoot() ? '' : 'run as root, or use --target uml, which needs no root',
    essential: false,
  };
}

function mountNamespace(): Ability {
  const program = findProgram('unshare');
  const words = isRoot() ? ['-m', 'true'] : ['-Ur', '-m', 'true'];
  const { exitCode, stderr } =
    program === null ? { exitCode: 1, stderr: 'unshare is not installed' } : runSync(program, words, {});
  return {
    name: 'mount namespace',
    missing: exitCode === 0 ? null : stderr.trim(),
    found: '',
    use: 'mounts of our own that go when we go, however we go',
    remedy: exitCode === 0 ? '' : 'containers must be started with the right to make them',
    essential: false,
  };
}

function loopDevices(): Ability {
  const there = existsSync('/dev/loop-control');
  const mayUse = there && mayOpen('/dev/loop-control');
  return {
    name: 'loop devices',
    missing: mayUse ? null : there ? 'not yours to use' : 'no /dev/loop-control',
    found: '',
    use: "--target loop: this machine's own kernel",
    remedy: mayUse ? '' : there ? 'run as root' : 'load the module loop (modprobe loop)',
    essential: false,
  };
}

function device(path: string, name: string, use: string, remedy: string): Ability {
  const there = existsSync(path);
  const usable = there && mayOpen(path);
  return {
    name,
    missing: usable ? null : there ? `${path} is not yours to use` : `no ${path}`,
    found: usable ? path : '',
    use,
    remedy: usable ? '' : there ? 'run as root' : remedy,
    essential: false,
  };
}

function buffersInMemory(): Ability {
  const there = existsSync('/dev/shm') && mayWrite('/dev/shm');
  return {
    name: 'memory for images',
    missing: there ? null : '/dev/shm cannot be written',
    found: there ? '/dev/shm' : '',
    use: 'images for e2fsck that never reach a disk',
    remedy: there ? '' : 'mount a tmpfs there; without it images go to the temporary folder, which is slower',
    essential: false,
  };
}

/** The kernel's word for what the series adds; a kernel without it mounts nothing with the option. */
function bufferedIomap(): Ability {
  const kernel = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
  const known = existsSync('/sys/fs/ext4/features/buffered_iomap');
  return {
    name: 'buffered_iomap',
    missing: known ? null : `not announced by the kernel here (${kernel})`,
    found: known ? kernel : '',
    use: 'the new path of the real kernel',
    remedy: known ? '' : 'give a kernel that has it: --target uml,options=buffered_iomap,kernel=PATH',
    essential: false,
  };
}

const mayOpen = (path: string): boolean => may(path, constants.R_OK | constants.W_OK);

const mayWrite = (path: string): boolean => may(path, constants.W_OK);

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
