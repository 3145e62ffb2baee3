import { statSync } from 'node:fs';
import { MNT_DETACH, type Libc } from '../fuse/libc.ts';
import { isServed } from './image-lock.ts';
import { codeOf } from './mount-error.ts';
import { ourMounts } from './mount-table.ts';

/** Takes away mounts whose server was killed: nothing can be done there but be told ENOTCONN. Answers their mount points. */
export async function clearDeadMounts(libc: Libc): Promise<string[]> {
  const cleared: string[] = [];
  for (const { mountPoint, source } of ourMounts()) {
    if (isServed(libc, source) || !isDead(mountPoint)) continue;
    if ((await libc.unmount(mountPoint, MNT_DETACH)) === 0) cleared.push(mountPoint);
  }
  return cleared;
}

/** The image may have been moved away while its server goes on. */
function isDead(mountPoint: string): boolean {
  try {
    statSync(mountPoint);
    return false;
  } catch (error) {
    return codeOf(error) === 'ENOTCONN';
  }
}
