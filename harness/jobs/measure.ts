import { measure } from '../bench/measure.ts';
import { SUITES } from '../bench/suites.ts';
import type { MeasureJob, Message } from '../job.ts';
import type { Workbench } from './workbench.ts';

/** The job of `twinpath bench SUITE`: contest after contest, in the same kind of thread as campaigns have. */
export async function runMeasure(
  { plan, workspace }: MeasureJob,
  bench: Workbench,
  say: (message: Message) => void,
  stop: AbortSignal,
): Promise<void> {
  const suite = SUITES.find(({ name }) => name === plan.suite);
  if (suite === undefined) throw new Error(`there is no suite ${plan.suite}`);
  const contests = suite
    .contests({ ...plan.scale, workspace })
    .filter(({ name }) => plan.only === null || name.includes(plan.only));
  let rounds = 0;
  const pause = async (): Promise<void> => {
    bench.beat(++rounds, 0);
    // A request to stop must come in.
    await new Promise(setImmediate);
  };
  for (const [done, contest] of contests.entries()) {
    say({ type: 'measuring', name: contest.name, done, of: contests.length });
    const result = await measure(suite.name, contest, plan.effort, stop, pause);
    if (result === null) break;
    say({ type: 'measured', contest: contest.name, result });
  }
  say({ type: 'benched', stopped: null });
}
