import {
  accessSync,
  constants,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { clearLeftovers } from './leftovers.ts';
import { processStart } from './process.ts';

/** A folder for what a run needs only while it lasts: images on their way to e2fsck. */
export interface Workspace {
  readonly path: string;
  readonly remove: () => Promise<void>;
}

/** Who made a workspace. A number says who only among the processes that are numbered with it (pid_namespaces(7)). */
interface Owner {
  readonly pid: number;
  readonly start: string | null;
  readonly namespace: string | null;
}

const PREFIX = 'twinpath';
const OWNER_FILE = 'owner.json';

/** What the name of a workspace looks like; the number is that of the process that made it. */
const NAME = /^twinpath-(\d+)-\w+$/;

/** Removes the workspaces of runs that were killed, wherever they may lie, and all that works in them; answers how many. */
export function cleanWorkspaces(): number {
  let removed = 0;
  for (const each of new Set([...workspaceFolders(), tmpdir()])) removed += removeAbandoned(each);
  return removed;
}

/** Makes a workspace, after having removed those whose owners were killed. */
export async function openWorkspace(): Promise<Workspace> {
  const [folder = tmpdir()] = workspaceFolders();
  cleanWorkspaces();
  const { path, cleanup } = await dir({ prefix: PREFIX, unsafeCleanup: true, tmpdir: folder });
  writeFileSync(
    join(path, OWNER_FILE),
    JSON.stringify({
      pid: process.pid,
      start: processStart(process.pid),
      namespace: pidNamespace(),
    } satisfies Owner),
  );
  // A process that is told to exit at once removes its workspace all the same.
  const onExit = (): void => {
    clearLeftovers(path);
    rmSync(path, { recursive: true, force: true });
  };
  process.once('exit', onExit);
  return {
    path,
    remove: async () => {
      process.off('exit', onExit);
      await cleanup();
    },
  };
}

/** Memory that looks like a folder, on Linux. */
const MEMORY_FOLDER = '/dev/shm';

/** Images are a few megabytes at most, and few at a time. */
const MEMORY_FREE_MIN_BYTES = 256 << 20;

/**
 * Where workspaces may lie, the best first: in memory, unless the user named a folder or there is little of it. Making
 * an image costs a hundredth of a millisecond there and up to ten on a disk.
 */
function workspaceFolders(): string[] {
  if (process.env['TMPDIR'] !== undefined) return [tmpdir()];
  try {
    accessSync(MEMORY_FOLDER, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
    return bavail * bsize >= MEMORY_FREE_MIN_BYTES ? [MEMORY_FOLDER, tmpdir()] : [tmpdir()];
  } catch {
    return [tmpdir()];
  }
}

/** Removes the workspaces of processes that are no more, and answers how many that were. */
export function removeAbandoned(folder: string): number {
  let removed = 0;
  for (const name of readdirSync(folder)) {
    const match = NAME.exec(name);
    const path = join(folder, name);
    if (match === null || !isOurs(path) || isOwned(path, Number(match[1]))) continue;
    clearLeftovers(path);
    if (removes(path)) removed++;
  }
  return removed;
}

/** A process that the dead owner had started may still put things there; then the next start removes it. */
function removes(path: string): boolean {
  try {
    rmSync(path, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}

/** A folder, no link to one, that belongs to this user: what else has such a name is none of our business. */
function isOurs(path: string): boolean {
  try {
    const stat = lstatSync(path);
    return stat.isDirectory() && stat.uid === process.getuid?.();
  } catch {
    return false;
  }
}

/** Whether the process that made it still runs, as far as can be seen. Without a record, killed before it wrote one, its number must do. */
function isOwned(path: string, pidInName: number): boolean {
  const record = ownerOf(path);
  if (record === null) return processStart(pidInName) !== null;
  const { pid, start: recorded, namespace } = record;
  // In a container that shares the folder with us it may well be alive.
  if (typeof namespace === 'string' && namespace !== pidNamespace()) return true;
  const start = typeof pid === 'number' ? processStart(pid) : null;
  return start !== null && start === recorded;
}

function ownerOf(path: string): { readonly [Key in keyof Owner]?: unknown } | null {
  try {
    return JSON.parse(readFileSync(join(path, OWNER_FILE), 'utf8')) as Owner;
  } catch {
    // No record, or half of one.
    return null;
  }
}

/** Which processes are numbered together with us; null where that cannot be seen. */
function pidNamespace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}
