/** An archive in the format "newc" of cpio, as kernels unpack it (Documentation/driver-api/early-userspace/buffer-format.rst). */

const MAGIC = '070701';
const FILE_MODE = 0o100755;
const FOLDER_MODE = 0o40755;
const TRAILER = 'TRAILER!!!';

/** Files by their absolute path, and the folders that they need, each before what is in it. */
export function cpioArchive(files: ReadonlyMap<string, Uint8Array>): Buffer {
  const parts: Buffer[] = [];
  const folders = new Set<string>();
  let inode = 1;
  const add = (path: string, mode: number, data: Uint8Array): void => {
    parts.push(entry(path, mode, inode++, data));
  };
  for (const [path, data] of files) {
    const words = path.split('/').slice(1);
    for (let depth = 1; depth < words.length; depth++) {
      const folder = words.slice(0, depth).join('/');
      if (folders.has(folder)) continue;
      folders.add(folder);
      add(folder, FOLDER_MODE, NOTHING);
    }
    add(words.join('/'), FILE_MODE, data);
  }
  parts.push(entry(TRAILER, 0, 0, NOTHING));
  return Buffer.concat(parts);
}

const NOTHING = new Uint8Array(0);

function entry(name: string, mode: number, inode: number, data: Uint8Array): Buffer {
  const nameBytes = Buffer.from(`${name}\0`);
  // Inode, mode, owner, group, links, time, size, four device numbers, length of the name, no checksum.
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, nameBytes.length, 0];
  const head = MAGIC + fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  return Buffer.concat([aligned(Buffer.concat([Buffer.from(head), nameBytes])), aligned(data)]);
}

/** Header and contents end at multiples of four bytes. */
function aligned(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
