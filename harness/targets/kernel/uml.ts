import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, startGuest, type Partner } from '../../process.ts';
import { TargetUnavailable } from '../../target.ts';
import type { GuestFolder, GuestKind } from './guest-machine.ts';
import { GUEST } from '../../guest.ts';
import { PYTHON, PYTHON_OPTIONS } from './performer.ts';

/** Messages beyond this wedge a line of a User-Mode Linux, whose buffer is a page: they go through a file. */
const LINE_BYTES_MAX = 2048;

/** The first length of a frame that is in the file of its second, or in the area's place of that number (guest/frames.py). */
const ELSEWHERE = 0xffffffff;
const IN_THE_AREA = 0xfffffffe;

/** A device whose memory is a file of ours, in kernels with CONFIG_MMAPPER. */
const SHARED_MEMORY = '/dev/mmapper';

const MEMORY = '512M';

/**
 * A User-Mode Linux: the kernel as an ordinary process, of any user. It runs on this machine's file system, which it only
 * reads, writes to the folder it is given, and has the image as its first block device.
 */
export function userModeLinux(kernel: string | null): GuestKind {
  return {
    device: '/dev/ubda',
    logDevice: '/dev/ubdb',
    whyNotHere,
    start: (folder, onBytes) => boot(findKernel(kernel), folder, onBytes),
  };
}

/**
 * A User-Mode Linux keeps the registers of a process in memory of a fixed size. Where the processor has more of them (AMX), this
 * machine's kernel refuses to set them, and the guest ends before it has begun; seen with 6.1.
 */
const whyNotHere = (lastWords: string): string | null =>
  lastWords.includes('ptrace set fp regs failed')
    ? 'this User-Mode Linux does not run on this processor, which has more registers than it knows of; name a newer one with kernel=PATH'
    : null;

/** The binary that was named, or that of Debian's package. */
export function findKernel(named: string | null): string {
  const path = named ?? findProgram('linux.uml');
  if (path === null)
    throw new TargetUnavailable(
      'no User-Mode Linux here: install the package user-mode-linux, or name a kernel with kernel=PATH',
    );
  if (!existsSync(path) || !statSync(path).isFile())
    throw new TargetUnavailable(`there is no kernel ${path}`);
  return path;
}

function boot(kernel: string, folder: GuestFolder, onBytes: (bytes: Buffer) => void): Partner {
  const words = [
    `mem=${MEMORY}`,
    ...['root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'ro'],
    // The console's words are kept for findings; the second terminal is the line.
    ...['con=null', 'con0=null,fd:2', 'con1=fd:3,fd:4', 'ssl=null', 'loglevel=5'],
    ...[`uml_dir=${folder.path}`, 'umid=state'],
    ...(folder.area.path === null ? [] : [`iomem=mmapper,${folder.area.path}`]),
    ...(folder.log === null ? [] : [`ubdb=${folder.log}`]),
    ...[`ubda=${folder.disk}`, `init=${PYTHON}`, '--', ...PYTHON_OPTIONS, GUEST],
    ...['--boot', '/dev/tty1', folder.path, SHARED_MEMORY],
  ];
  const partner = startGuest(kernel, words, { TMPDIR: folder.path, HOME: folder.path }, onBytes);
  let sent = 0;
  return {
    ...partner,
    send: (bytes) => {
      if (bytes.length <= LINE_BYTES_MAX) return partner.send(bytes);
      const place = folder.area.leave(bytes);
      if (place !== null) return partner.send(marker(IN_THE_AREA, place));
      writeFileSync(join(folder.path, String(++sent)), bytes);
      partner.send(marker(ELSEWHERE, sent));
    },
  };
}

/** Stands for a frame that is elsewhere. */
function marker(where: number, number: number): Buffer {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(where, 0);
  lengths.writeUInt32LE(number, 4);
  return lengths;
}
