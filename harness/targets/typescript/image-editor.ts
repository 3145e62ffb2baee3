import { Failure, FolioPool, mount } from '../../../generated/impl/index.ts';
import type { Timestamp } from '../../../model/index.ts';
import type { ByteStore } from '../../image/byte-store.ts';
import { ImageError } from '../../image/image-overlay.ts';
import type {
  Attributes,
  DeviceNumber,
  FileWriter,
  ImageEditor,
  ImageEntry,
  NodeType,
  Xattr,
} from '../../image/image-view.ts';
import { byteDevice } from './byte-device.ts';
import { errnoText, mounting } from './image-errors.ts';
import { MountedImage } from './mounted-image.ts';

/** Pages of the page cache: 64 MiB, half of which may be dirty, whatever the size of the files. */
const CACHE_PAGES = 16_384;

/** Mounts an image that is to be changed. The journal makes it one that recovers, whenever it is left. Throws ImageError. */
export function editImage(store: ByteStore, now: Timestamp): ImageEditor {
  const pool = new FolioPool(CACHE_PAGES);
  const request = { bufferedIomap: true, atime: 'noatime', errors: 'remount-ro', now, pool } as const;
  return new EditedImage(mounting(() => mount(byteDevice(store), request)));
}

class EditedImage extends MountedImage implements ImageEditor {
  find(path: string): ImageEntry | null {
    try {
      this.fs.lstat(path);
    } catch (error) {
      if (error instanceof Failure && error.errno === 'ENOENT') return null;
    }
    return this.entry(path);
  }

  makeDirectory(path: string): void {
    this.ask(path, () => this.fs.mkdir(path, 0o700));
  }

  makeFile(path: string): FileWriter {
    const flags = { access: 'write', create: true, exclusive: true } as const;
    const fd = this.ask(path, () => this.fs.open(path, flags, 0o600));
    return {
      write: (offset, bytes) => this.#write(path, fd, offset, bytes),
      finish: (size) => {
        try {
          this.ask(path, () => this.fs.ftruncate(fd, size));
        } finally {
          this.ask(path, () => this.fs.close(fd));
        }
      },
    };
  }

  /** A short count says that space ran out on the way; to ask for the rest is to be told so. */
  #write(path: string, fd: number, offset: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;)
      done += this.ask(path, () => this.fs.pwrite(fd, bytes.subarray(done), offset + done));
  }

  makeSymlink(path: string, target: string): void {
    this.ask(path, () => this.fs.symlink(target, path));
  }

  makeLink(existing: string, path: string): void {
    this.ask(path, () => this.fs.link(existing, path));
  }

  makeNode(path: string, type: NodeType, device: DeviceNumber | null): void {
    this.ask(path, () => this.fs.mknod(path, type, 0o600, device ?? undefined));
  }

  remove(path: string): void {
    this.ask(path, () => this.fs.unlink(path));
  }

  setAttributes(path: string, { mode, uid, gid, atime, mtime }: Attributes): void {
    const nofollow = { nofollow: true };
    this.ask(path, () => {
      this.fs.chown(path, uid, gid, nofollow);
      if (this.fs.lstat(path).type !== 'symlink') this.fs.chmod(path, mode);
      this.fs.utimens(path, atime, mtime, nofollow);
    });
  }

  setXattr(path: string, { name, value }: Xattr): void {
    this.ask(path, () => this.fs.setxattr(path, name, value, { nofollow: true }));
  }

  relieve(): void {
    this.ask('the image', () => {
      this.fs.sync();
      this.fs.dropCaches();
    });
  }

  close(): void {
    try {
      this.fs.unmount();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new ImageError(`cannot be unmounted cleanly: ${errnoText(error.errno)}`);
    }
  }
}
