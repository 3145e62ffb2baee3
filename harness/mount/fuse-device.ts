import { closeSync, constants, openSync } from 'node:fs';
import { constants as system } from 'node:os';
import { TRANSFER_MAX_BYTES } from '../fuse/init-handler.ts';
import type { Libc } from '../fuse/libc.ts';
import { FuseRequest } from '../fuse/request.ts';
import { codeOf, errnoName, MountError } from './mount-error.ts';

const PATH = '/dev/fuse';

const { ENODEV, EAGAIN, EINTR, ENOENT } = system.errno;

/** Headers before the bytes of the largest write. */
const HEADERS_BYTES = 4096;

/** The kernel's end of a FUSE mount. The system calls are made directly: node:fs takes half as long again for each. */
export class FuseDevice {
  readonly file: number;
  readonly #libc: Libc;
  readonly #memory = new Uint8Array(TRANSFER_MAX_BYTES + HEADERS_BYTES);
  readonly #view = new DataView(this.#memory.buffer);

  /** Throws MountError where there is no FUSE. */
  constructor(libc: Libc) {
    this.#libc = libc;
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
    const result = this.#libc.read(this.file, this.#memory);
    if (result >= 0) return new FuseRequest(this.#memory, this.#view);
    switch (-result) {
      case ENODEV:
        return 'ended';
      // None; interrupted; or its caller has given up meanwhile.
      case EAGAIN:
      case EINTR:
      case ENOENT:
        return null;
      default:
        throw new Error(`read of ${PATH}: ${errnoName(-result)}`);
    }
  }

  /** Whoever asked may have given up meanwhile, or the mount may be gone. */
  answer(pieces: readonly Uint8Array[]): void {
    const result = this.#libc.write(this.file, pieces);
    if (result < 0 && -result !== ENOENT && -result !== ENODEV)
      throw new Error(`write to ${PATH}: ${errnoName(-result)}`);
  }

  /** From now on everybody who asks is told ENOTCONN. */
  close(): void {
    closeSync(this.file);
  }
}
