import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { mke2fs, Mke2fsError } from '../../mke2fs.ts';
import { findProgram, runSync } from '../../process.ts';
import { mountMeasured } from '../../targets/typescript/measured-mount.ts';
import type { FileCalls } from '../file-calls.ts';
import { MountedCalls } from './mounted-calls.ts';
import { PEER_IDENTITY, peerSetup } from './peer-image.ts';

/** A file system somewhere else, on an image like ours. */
export interface Peer {
  /** With its version. */
  readonly subject: string;
  /** Makes and mounts it below `folder`; answers why not where it cannot be had here. */
  start(folder: string, sizeBytes: number): RunningPeer | string;
}

export interface RunningPeer {
  readonly calls: FileCalls;
  close(): void;
}

/** A new image in memory, where the workspace is. */
function newImage(path: string, sizeBytes: number): void {
  const file = openSync(path, 'w');
  ftruncateSync(file, sizeBytes);
  closeSync(file);
  mke2fs(peerSetup(sizeBytes), PEER_IDENTITY, path);
}

/** The kernel's ext4, or a program's that mounts images. */
function mountedPeer(subject: string, mountWords: (image: string, point: string) => readonly string[]): Peer {
  return {
    subject,
    start(folder, sizeBytes) {
      if (process.getuid?.() !== 0) return 'only root may mount';
      const [image, point] = [join(folder, 'peer.img'), join(folder, 'peer')];
      try {
        newImage(image, sizeBytes);
      } catch (error) {
        if (error instanceof Mke2fsError) return error.message;
        throw error;
      }
      mkdirSync(point, { recursive: true });
      const [program = '', ...words] = mountWords(image, point);
      if (findProgram(program) === null) return `${program} is not installed`;
      const { exitCode, stderr } = runSync(program, words, {});
      if (exitCode !== 0 || !isMounted(point)) return `it was not mounted: ${stderr.trim()}`;
      return {
        calls: new MountedCalls(point),
        close() {
          runSync('umount', [point], {});
          rmSync(image, { force: true });
        },
      };
    },
  };
}

const isMounted = (point: string): boolean =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[1] === point);

/** What a program says of its version, in one word. */
function versionOf(program: string, word: string): string {
  const path = findProgram(program);
  if (path === null) return 'not installed';
  const { stdout, stderr } = runSync(path, [word], {});
  return /\d+\.\d[\w.]*/.exec(`${stdout} ${stderr}`)?.[0] ?? 'of an unknown version';
}

const ours = (path: 'buffer_head' | 'iomap'): Peer => ({
  subject: path,
  start(_, sizeBytes) {
    const fs = mountMeasured({
      path,
      sizeBytes,
      blockSize: 4096,
      delalloc: true,
      inodes: sizeBytes / 4096,
    });
    return { calls: fs, close: () => fs.unmount() };
  },
});

/** Both of our paths, and everybody who can do the same; what differs is said in each name. */
export const PEERS = (): readonly Peer[] => [
  ours('buffer_head'),
  ours('iomap'),
  mountedPeer(`kernel ${release()}, ext4 on loop`, (image, point) => ['mount', '-o', 'loop', image, point]),
  mountedPeer(`fuse2fs ${versionOf('fuse2fs', '-V')}`, (image, point) => [
    'fuse2fs',
    image,
    point,
    '-o',
    'fakeroot,rw',
  ]),
  {
    subject: `kernel ${release()}, no ext4: tmpfs`,
    start(folder) {
      const root = join(folder, 'folder');
      mkdirSync(root, { recursive: true });
      return { calls: new MountedCalls(root), close: () => rmSync(root, { recursive: true }) };
    },
  },
  { subject: 'lwext4', start: () => 'no package has it, only sources: it is to be compared by hand' },
];
