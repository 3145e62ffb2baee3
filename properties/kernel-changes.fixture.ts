import { execaSync } from 'execa';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { contentBytes, type Session } from '../harness/index.ts';
import type { Handle, Outcome, Timestamp } from '../model/index.ts';

/** What lies below the kernel's directory: path, and size with contents' checksum, target, or nothing for a directory. */
export type Listing = Readonly<Record<string, string>>;

const HOME = 'made by the kernel';
const FD: Handle = 'fd1';
const FILES = 40;

/**
 * Fills a directory in every way that ordinary programs do, as far as there is space; answers what is there then, as the
 * kernel itself lists it.
 */
export function kernelChanges(root: string): Listing {
  const home = join(root, HOME);
  // A sequence may have left the root immutable.
  execaSync('chattr', ['-i', '-a', root]);
  try {
    fill(home);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  return existsSync(home) ? listed(home, '') : {};
}

function fill(home: string): void {
  const at = (...names: readonly string[]): string => join(home, ...names);
  mkdirSync(home);
  mkdirSync(at('deep', 'er'), { recursive: true });
  for (let number = 0; number < FILES; number++) {
    writeFileSync(at(`file ${number}`), contentBytes({ seed: number, length: number * 700 }));
  }
  const sparse = openSync(at('sparse'), 'w');
  // On a full device, too, nothing stays open that would keep the mount.
  try {
    for (const offset of [0, 50_000, 300_000, 299_000]) {
      writeSync(sparse, contentBytes({ seed: offset, length: 3000 }), 0, 3000, offset);
    }
  } finally {
    closeSync(sparse);
  }
  appendFileSync(at('file 3'), 'appended');
  truncateSync(at('file 20'), 5000);
  truncateSync(at('file 21'), 100_000);
  for (let number = 30; number < FILES; number++) unlinkSync(at(`file ${number}`));
  renameSync(at('file 5'), at('deep', 'er', 'renamed'));
  linkSync(at('file 6'), at('deep', 'hard link'));
  symlinkSync('short', at('fast'));
  symlinkSync('x'.repeat(200), at('slow'));
  chmodSync(at('file 7'), 0o4711);
}

const fingerprint = (mode: number, bytes: Uint8Array): string =>
  `${(mode & 0o7777).toString(8)} ${bytes.length} ${Buffer.from(bytes).reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, 7)}`;

function listed(folder: string, prefix: string): Listing {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const name = prefix + entry.name;
    if (entry.isDirectory()) Object.assign(found, { [name]: 'directory' }, listed(path, `${name}/`));
    else if (entry.isSymbolicLink()) found[name] = readlinkSync(path);
    else found[name] = fingerprint(statSync(path).mode, readFileSync(path));
  }
  return found;
}

/** The same listing as a session sees it. */
export async function listingOf(session: Session, now: Timestamp): Promise<Listing> {
  const ask = async (operation: Parameters<Session['apply']>[0]): Promise<Outcome> =>
    await session.apply(operation, now);
  const found: Record<string, string> = {};
  const visit = async (folder: string, prefix: string): Promise<void> => {
    const names = await ask({ op: 'readdir', path: folder });
    if (!names.ok || names.value.kind !== 'entries')
      throw new Error(`readdir ${folder}: ${JSON.stringify(names)}`);
    for (const { name, type } of names.value.entries) {
      const path = `${folder}/${name}`;
      found[prefix + name] = type === 'directory' ? type : await described(path, type);
      if (type === 'directory') await visit(path, `${prefix}${name}/`);
    }
  };
  const described = async (path: string, type: string): Promise<string> => {
    if (type === 'symlink') {
      const target = await ask({ op: 'readlink', path });
      return target.ok && target.value.kind === 'text' ? target.value.text : JSON.stringify(target);
    }
    const stat = await ask({ op: 'stat', path });
    if (!stat.ok || stat.value.kind !== 'stat') return JSON.stringify(stat);
    const { size, mode } = stat.value.stat;
    await ask({ op: 'open', as: FD, path, access: 'read', flags: {}, mode: 0 });
    const read = await ask({ op: 'pread', handle: FD, offset: 0, length: size + 1 });
    const text =
      read.ok && read.value.kind === 'data' ? fingerprint(mode, read.value.bytes) : JSON.stringify(read);
    await ask({ op: 'close', handle: FD });
    return text;
  };
  const home = await ask({ op: 'lstat', path: HOME });
  if (home.ok) await visit(HOME, '');
  return found;
}
