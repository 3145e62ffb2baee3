import { readdirSync, readFileSync } from 'node:fs';
import { GUEST } from './guest.ts';
import { runSync } from './process.ts';

/**
 * What a killed run leaves behind beside its folder: guest kernels that were in the middle of something, and loop devices
 * of a file system that was frozen. All else goes with its processes.
 */

/** Ends what still works in this folder. Only root can take loop devices away. */
export function clearLeftovers(folder: string): void {
  for (const pid of guestsIn(folder)) kill(pid);
  for (const point of mountsBelow(folder)) runSync('umount', ['-l', point], {});
  if (process.getuid?.() === 0 && loopsOver(folder)) {
    runSync('python3', ['-I', '-S', '-B', GUEST, '--sweep', folder], {});
  }
}

/** What peers of benchmarks were mounted on (bench/peers/), the last first. */
function mountsBelow(folder: string): string[] {
  const points = readOr('/proc/self/mounts')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  return points.filter((point) => point.startsWith(`${folder}/`)).reverse();
}

/** Guests (guest/boot.py) whose workspace is in the folder. */
export function guestsIn(folder: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    const words = readOr(`/proc/${pid}/cmdline`);
    return words.includes('--boot') && words.includes(`${folder}/`);
  });
}

const loopsOver = (folder: string): boolean =>
  readdirOr('/sys/block').some((name) =>
    readOr(`/sys/block/${name}/loop/backing_file`).startsWith(`${folder}/`),
  );

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile, or belongs to somebody else.
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readdirOr(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
