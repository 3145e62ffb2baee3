import { drive } from '../../drive.ts';
import type { Stages } from '../../finish.ts';
import { ImageFiles } from '../../image-file.ts';
import { StageClock, STAGES } from '../../stage-clock.ts';
import type { Target } from '../../target.ts';
import type { Contestant, Lap } from '../contest.ts';
import type { SequenceSupply } from './sequences.ts';

/** Mount, operations, every comparison, sync and unmount; neither power cuts nor a second mount, nor e2fsck. */
export const STAGES_MEASURED: Stages = {
  recovery: false,
  remount: 'none',
  checkAgain: false,
  layouts: false,
  goOn: false,
};

/**
 * The model and all targets in step, as campaigns have them, and where the time goes. Whether a sequence holds is asked by `check`; one
 * among thousands that does not changes no rate.
 */
export function inStep(targets: readonly Target[], supply: SequenceSupply, workspace: string): Contestant {
  let number = 0;
  return {
    subject: ['model', ...targets.map(({ name }) => name)].join(' + '),
    async round(): Promise<Lap[]> {
      const { sequences, ms: drawnMs } = supply.round(number++);
      const clock = new StageClock();
      const options = {
        targets,
        faults: [],
        stages: STAGES_MEASURED,
        e2fsck: null,
        images: new ImageFiles(workspace),
        clock,
      };
      let operations = 0;
      for (const { setup, operations: steps } of sequences) {
        operations += (await drive(setup, steps, options)).executed;
      }
      clock.enter(null);
      const spent = { ...clock.all(), generate: drawnMs };
      const total = Object.values(spent).reduce((sum, ms) => sum + ms, 0);
      return [
        { workload: 'operations', amount: operations, ms: total },
        ...STAGES.filter((stage) => spent[stage] > 0).map((stage) => ({
          workload: `operations, ${stage} alone`,
          amount: operations,
          ms: spent[stage],
        })),
      ];
    },
  };
}
