import * as nodeFs from 'node:fs';
import { join } from 'node:path';
import type { FileCalls, OpenFor } from '../file-calls.ts';

const ACCESS = {
  read: nodeFs.constants.O_RDONLY,
  write: nodeFs.constants.O_WRONLY,
  'read-write': nodeFs.constants.O_RDWR,
} as const;

/** The calls on a folder of this machine, through Node.js: what its bindings cost is part of every figure. */
export class MountedCalls implements FileCalls {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  open(path: string, { access, create = false, exclusive = false }: OpenFor, mode = 0o666): number {
    const { O_CREAT, O_EXCL } = nodeFs.constants;
    const flags = ACCESS[access] | (create ? O_CREAT : 0) | (exclusive ? O_EXCL : 0);
    return nodeFs.openSync(join(this.#root, path), flags, mode);
  }

  close(fd: number): void {
    nodeFs.closeSync(fd);
  }

  pread(fd: number, target: Uint8Array, offset: number): number {
    return nodeFs.readSync(fd, target, 0, target.length, offset);
  }

  pwrite(fd: number, source: Uint8Array, offset: number): number {
    return nodeFs.writeSync(fd, source, 0, source.length, offset);
  }

  fsync(fd: number): void {
    nodeFs.fsyncSync(fd);
  }

  ftruncate(fd: number, size: number): void {
    nodeFs.ftruncateSync(fd, size);
  }

  unlink(path: string): void {
    nodeFs.unlinkSync(join(this.#root, path));
  }

  mkdir(path: string): void {
    nodeFs.mkdirSync(join(this.#root, path));
  }

  rmdir(path: string): void {
    nodeFs.rmdirSync(join(this.#root, path));
  }

  stat(path: string): unknown {
    return nodeFs.statSync(join(this.#root, path));
  }

  readdir(path: string): readonly unknown[] {
    return nodeFs.readdirSync(join(this.#root, path));
  }

  rename(from: string, to: string): void {
    nodeFs.renameSync(join(this.#root, from), join(this.#root, to));
  }

  /** Node.js has no call for it: what was not written is written when the next file system goes. */
  sync(): void {
    return undefined;
  }
}
