import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TargetUnavailable } from '../../../target.ts';

/** The head of a bzImage, as far as anything is looked for (Documentation/arch/x86/boot.rst). */
const HEAD_BYTES = 1 << 16;
const MAGIC_AT = 0x202;
const MAGIC = 'HdrS';
const RELEASE_POINTER_AT = 0x20e;
const RELEASE_BASE = 0x200;

/** The release of a kernel, from its file: `6.1.0-50-amd64`. Throws TargetUnavailable when it is no bzImage. */
export function releaseOf(path: string): string {
  const head = Buffer.alloc(HEAD_BYTES);
  const file = openSync(path, 'r');
  try {
    readSync(file, head, 0, HEAD_BYTES, 0);
  } finally {
    closeSync(file);
  }
  if (head.toString('latin1', MAGIC_AT, MAGIC_AT + MAGIC.length) !== MAGIC)
    throw new TargetUnavailable(`${path} is no bzImage`);
  const start = RELEASE_BASE + head.readUInt16LE(RELEASE_POINTER_AT);
  const end = head.indexOf(0, start);
  return head.toString('latin1', start, end).split(' ')[0] ?? '';
}

/** Where modules of a kernel lie that lies as packages lay it: beside the folder `boot`. Built in are those of others. */
export const modulesFolderOf = (path: string): string =>
  join(dirname(dirname(path)), 'lib/modules', releaseOf(path));

/** The newest kernel in one of these folders; null when there is none. */
export function newestKernelIn(folders: readonly string[]): string | null {
  for (const folder of folders) {
    const names = namesIn(folder).filter((name) => name.startsWith('vmlinuz-'));
    const [newest] = names.sort((left, right) => right.localeCompare(left, 'en', { numeric: true }));
    if (newest !== undefined) return join(folder, newest);
  }
  return null;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
