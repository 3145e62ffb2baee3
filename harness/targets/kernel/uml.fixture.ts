import { TargetUnavailable } from '../../target.ts';
import { openWorkspace } from '../../workspace.ts';
import { GuestMachine } from './guest-machine.ts';
import { userModeLinux } from './uml.ts';

/** Why this machine runs no User-Mode Linux, or null: one is booted. */
export async function whyNoUml(): Promise<string | null> {
  const workspace = await openWorkspace();
  const machine = new GuestMachine(userModeLinux(null), workspace.path, 'tried');
  try {
    (await machine.seat(1 << 20)).release();
    return null;
  } catch (error) {
    if (error instanceof TargetUnavailable) return error.message;
    throw error;
  } finally {
    await machine.close();
    await workspace.remove();
  }
}
