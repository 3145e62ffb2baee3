import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * What a guest's kernel needs that may be a module, by the folder that it lies in: the disk and the line, and by its name each file
 * system, with checksums that it asks for by the name of an algorithm, which no list of dependencies has. What a kernel has no module
 * of is built in, or missed by whoever mounts.
 */
const WANTED: Readonly<Record<string, readonly string[]>> = {
  devices: ['virtio_pci', 'virtio_blk', 'virtio_console'],
  ext4: ['crc32c_generic', 'crc32c_intel', 'ext4', 'quota_v2'],
  xfs: ['crc32c_generic', 'crc32c_intel', 'xfs'],
  btrfs: ['crc32c_generic', 'crc32c_intel', 'xxhash_generic', 'blake2b_generic', 'sha256_generic', 'btrfs'],
};

const SUFFIX = '.ko';

/** Modules by folder and name, those of a folder in the order in which they can be loaded. Empty where the kernel has none. */
export function modulesFor(folder: string): ReadonlyMap<string, Uint8Array> {
  const paths = pathsOf(folder);
  const modules = Object.entries(WANTED).flatMap(([purpose, names]) =>
    [...inOrder(names, paths)].map(([name, module]): [string, Uint8Array] => [`${purpose}/${name}`, module]),
  );
  return new Map(modules);
}

/** These modules, each behind those that it needs. */
function inOrder(names: readonly string[], paths: ReadonlyMap<string, string>): Map<string, Uint8Array> {
  const loaded = new Map<string, Uint8Array>();
  const load = (name: string): void => {
    const path = paths.get(name);
    if (path === undefined || loaded.has(name)) return;
    const module = readFileSync(path);
    for (const needed of dependsOf(module)) load(needed);
    loaded.set(name, module);
  };
  for (const name of names) load(name);
  return loaded;
}

/** Every module of the folder; names have underscores where files may have hyphens. */
function pathsOf(folder: string): Map<string, string> {
  if (!existsSync(folder)) return new Map();
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const modules = files.filter((file) => file.endsWith(SUFFIX));
  return new Map(modules.map((file) => [nameOf(basename(file, SUFFIX)), join(folder, file)]));
}

const nameOf = (file: string): string => file.replaceAll('-', '_');

/** What modinfo(8) shows as `depends`. */
function dependsOf(module: Buffer): string[] {
  const marker = Buffer.from('\0depends=');
  const at = module.indexOf(marker);
  if (at < 0) return [];
  const start = at + marker.length;
  return module
    .toString('latin1', start, module.indexOf(0, start))
    .split(',')
    .filter((name) => name !== '')
    .map(nameOf);
}
