import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findProgram, startPartner, type Partner } from '../../../process.ts';
import { TargetUnavailable } from '../../../target.ts';
import type { GuestFolder, GuestKind } from '../guest-machine.ts';
import { PYTHON, PYTHON_OPTIONS } from '../performer.ts';
import { initramfs, PROGRAM } from './initramfs.ts';
import { modulesFolderOf, newestKernelIn } from './kernel-image.ts';

const QEMU = 'qemu-system-x86_64';
const MEMORY = '512M';

/** Without virtualization a boot takes ten seconds, and several times as long on a busy machine. */
const SILENCE_MS_MAX = 120_000;

/** How much of the end of a console is worth keeping. */
const CONSOLE_BYTES_MAX = 16_384;

/** Where `./run` lays a kernel that it did not install, and where those lie that are installed. */
export const KERNEL_FOLDERS = [join(homedir(), '.cache/twinpath/kernel/boot'), '/boot'];

/**
 * A whole machine: any kernel as it is booted, in qemu, fast where /dev/kvm may be used. Its root is in memory and made of what this
 * machine has, its disk is the image, and the line to it is a port of a virtual console.
 */
export function virtualMachine(kernel: string | null): GuestKind {
  let root: Buffer | null = null;
  return {
    device: '/dev/vda',
    logDevice: null,
    silenceMsMax: SILENCE_MS_MAX,
    start: (folder, onBytes) => {
      const path = findKernel(kernel);
      const qemu = findProgram(QEMU);
      if (qemu === null) throw new TargetUnavailable(`no ${QEMU} here: install the package qemu-system-x86`);
      root ??= initramfs(modulesFolderOf(path));
      return boot(qemu, path, root, folder, onBytes);
    },
  };
}

/** The file that was named, or the newest there is. */
function findKernel(named: string | null): string {
  const path = named ?? newestKernelIn(KERNEL_FOLDERS);
  if (path === null)
    throw new TargetUnavailable('no kernel to boot: name one with kernel=PATH, or have ./run fetch one');
  if (!existsSync(path) || !statSync(path).isFile())
    throw new TargetUnavailable(`there is no kernel ${path}`);
  return path;
}

function boot(
  qemu: string,
  kernel: string,
  root: Uint8Array,
  folder: GuestFolder,
  onBytes: (bytes: Buffer) => void,
): Partner {
  const [initrd, console] = [join(folder.path, 'initramfs'), join(folder.path, 'console')];
  writeFileSync(initrd, root);
  const words = [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-machine', `q35,accel=${hasVirtualization() ? 'kvm:tcg' : 'tcg'}`, '-cpu', 'max', '-m', MEMORY],
    ...['-kernel', kernel, '-initrd', initrd],
    // A panic ends the machine at once; the last words are on its serial line.
    ...['-append', `console=ttyS0 loglevel=5 panic=-1 rdinit=${PYTHON} -- ${guestWords().join(' ')}`],
    ...['-serial', `file:${console}`],
    ...['-chardev', 'stdio,id=line,signal=off', '-device', 'virtio-serial-pci'],
    ...['-device', 'virtserialport,chardev=line,name=line'],
    // What reaches the file need not reach the disk below: nobody cuts the power of this machine.
    ...['-drive', `file=${folder.disk},format=raw,if=none,id=disk,cache=unsafe,discard=unmap`],
    ...['-device', 'virtio-blk-pci,drive=disk'],
  ];
  const partner = startPartner(qemu, words, onBytes);
  return { ...partner, ended: partner.ended.then((how) => `${how}\n${lastWords(console)}`) };
}

/** In machines that are guests themselves there may be a /dev/kvm on which nothing ever starts: their processors say so. */
const hasVirtualization = (): boolean => /\b(?:vmx|svm)\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));

const guestWords = (): string[] => [...PYTHON_OPTIONS, PROGRAM, '--boot', '/dev/vport', '-'];

function lastWords(console: string): string {
  return existsSync(console) ? readFileSync(console, 'latin1').slice(-CONSOLE_BYTES_MAX).trim() : '';
}
