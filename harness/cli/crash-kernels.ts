import { TargetUnavailable } from '../target.ts';
import { kernelRecorder } from '../targets/kernel/target-words.ts';
import { UsageError } from './terminal.ts';

/** The TypeScript ext4: both paths, in this process. */
export const IMPL = 'impl';

/** Refuses a name by which no kernel runs or recovers programs of power cuts here. `where` begins the message. */
export function checkRecorder(name: string, where = ''): void {
  try {
    if (kernelRecorder(name, '') !== null) return;
  } catch (error) {
    if (error instanceof TargetUnavailable) throw new UsageError(`${where}${error.message}`);
    throw error;
  }
  throw new UsageError(
    `${where}what ${name} writes cannot be recorded; there are ${IMPL}, uml, and uml with kernel=PATH and options=WORDS behind commas`,
  );
}
