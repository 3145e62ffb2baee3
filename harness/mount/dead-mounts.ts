import { MNT_DETACH, loadLibc, type Libc } from '../fuse/libc.ts';
import { run } from '../process.ts';
import { isServed } from './image-lock.ts';
import { ourMounts } from './mount-table.ts';

/** How long a look at a mount point may take. Somebody answers there who was stopped, when it takes longer. */
const LOOK_MS = 5000;

/** Takes away mounts whose server was killed: nothing can be done there but be told ENOTCONN. Answers their mount points. */
export async function clearDeadMounts(libc: Libc): Promise<string[]> {
  const cleared: string[] = [];
  for (const { mountPoint, source } of ourMounts()) {
    if (isServed(libc, source) || !(await isDead(mountPoint))) continue;
    if ((await libc.unmount(mountPoint, MNT_DETACH)) === 0) cleared.push(mountPoint);
  }
  return cleared;
}

/** The same for whoever has nothing else to do with mounts: nothing is loaded where there are none, and nothing can fail. */
export async function cleanMounts(): Promise<string[]> {
  try {
    return ourMounts().length === 0 ? [] : await clearDeadMounts(await loadLibc());
  } catch {
    return [];
  }
}

/**
 * Is a look at the mount point told ENOTCONN? The image may have been moved away while its server goes on, and a server may be
 * stopped: another process looks, which can be ended.
 */
async function isDead(mountPoint: string): Promise<boolean> {
  const { stderr } = await run('stat', ['--', mountPoint], { timeoutMs: LOOK_MS });
  return stderr.includes('Transport endpoint is not connected');
}
