import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { TRANSFER_MAX_BYTES } from '../fuse/init-handler.ts';
import { FuseRequest } from '../fuse/request.ts';
import { codeOf, MountError } from './mount-error.ts';

const PATH = '/dev/fuse';

/** Headers before the bytes of the largest write. */
const HEADERS_BYTES = 4096;

/** The kernel's end of a FUSE mount. */
export class FuseDevice {
  readonly file: number;
  readonly #memory = new Uint8Array(TRANSFER_MAX_BYTES + HEADERS_BYTES);
  readonly #view = new DataView(this.#memory.buffer);

  /** Throws MountError where there is no FUSE. */
  constructor() {
    try {
      this.file = openSync(PATH, constants.O_RDWR | constants.O_NONBLOCK);
    } catch (error) {
      const code = codeOf(error);
      const why = code === 'ENOENT' || code === 'ENODEV' ? 'this kernel has no FUSE' : String(code);
      throw new MountError(`cannot open ${PATH}: ${why}${code === 'EACCES' ? ', only root may here' : ''}`);
    }
  }

  /** The next request, good until the next call; null when there is none now, 'ended' when the mount is gone. */
  next(): FuseRequest | null | 'ended' {
    try {
      readSync(this.file, this.#memory, 0, this.#memory.length, null);
      return new FuseRequest(this.#memory, this.#view);
    } catch (error) {
      switch (codeOf(error)) {
        case 'ENODEV':
          return 'ended';
        // None; interrupted; or its caller has given up meanwhile.
        case 'EAGAIN':
        case 'EINTR':
        case 'ENOENT':
          return null;
        default:
          throw error;
      }
    }
  }

  /** Whoever asked may have given up meanwhile, or the mount may be gone. */
  answer(bytes: Uint8Array): void {
    try {
      writeSync(this.file, bytes);
    } catch (error) {
      const code = codeOf(error);
      if (code !== 'ENOENT' && code !== 'ENODEV') throw error;
    }
  }

  /** From now on everybody who asks is told ENOTCONN. */
  close(): void {
    closeSync(this.file);
  }
}
