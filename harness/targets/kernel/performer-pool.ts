import { TargetUnavailable } from '../../target.ts';
import { Performer } from './performer.ts';

/** Performers that wait for their next session: starting one takes as long as a hundred operations. */
export class PerformerPool {
  readonly #workspace: string;
  readonly #free: Performer[] = [];

  constructor(workspace: string) {
    this.#workspace = workspace;
  }

  async take(): Promise<Performer> {
    return this.#free.pop() ?? startSeparate(this.#workspace);
  }

  give(performer: Performer): void {
    this.#free.push(performer);
  }

  async close(): Promise<void> {
    await Promise.all(this.#free.splice(0).map((performer) => performer.end()));
  }
}

/** One with mounts of its own. */
async function startSeparate(workspace: string): Promise<Performer> {
  const performer = await startHere(workspace);
  if (performer.hello.uid !== 0) {
    performer.kill();
    throw new TargetUnavailable('only root can act as others, and mount');
  }
  const { error } = await performer.call({ call: 'separate' });
  if (error === undefined) return performer;
  performer.kill();
  throw new TargetUnavailable(`a mount namespace of its own is refused: ${error}`);
}

/** One on this machine, as it is. */
export async function startHere(workspace: string): Promise<Performer> {
  try {
    return await Performer.here(workspace);
  } catch (error) {
    throw new TargetUnavailable(error instanceof Error ? error.message : String(error));
  }
}
