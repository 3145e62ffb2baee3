import { expect, test } from 'vitest';
import type { Operation } from '../../model/index.ts';
import { ImageFiles } from '../image-file.ts';
import { raceTargets } from '../targets/coroutines/race-target.ts';
import { typescriptTargets } from '../targets/typescript/target.ts';
import { open } from './catalogue/script.ts';
import { Exploration } from './explore.ts';
import { judgeFinalImage } from './judge-image.ts';
import { RACE_MODES, setupOf } from './modes.ts';
import type { RaceProgram } from './program.ts';
import { imageOf, runProgram } from './run-program.ts';
import { RecordingPilot } from './schedule.ts';

const longer: readonly Operation[] = [
  { op: 'pwrite', handle: 'fd1', offset: 6143, content: { seed: 3, length: 714 } },
  { op: 'ftruncate', handle: 'fd1', size: 3072 },
  { op: 'fallocate', handle: 'fd1', mode: 'allocate', offset: 2048, length: 1024 },
];

const cases = RACE_MODES.flatMap((mode) =>
  longer.map((operation) => ({ name: `${operation.op} ${mode.name}`, mode, operation })),
);

// Once the bytes stayed in memory, in blocks without a place, and were gone after a remount. Whether zeros or the store are
// there in the end nobody promises, so only memory and disk are compared (rule 14 of atomicity.ts).
test.each(cases)(
  'what is stored behind the end while the file grows is not in memory only: $name',
  async ({ mode, operation }) => {
    const program: RaceProgram = {
      setup: setupOf(mode, 1024),
      target: mode.target,
      faults: [],
      image: [open('fd0', 'a', { create: true }), { op: 'ftruncate', handle: 'fd0', size: 1023 }],
      before: [
        open('fd0', 'a', { create: true }),
        open('fd1', 'a', { create: true }),
        {
          op: 'mmap',
          as: 'map0',
          handle: 'fd0',
          offset: 0,
          length: 4096,
          sharing: 'shared',
          access: 'read-write',
        },
        { op: 'store', mapping: 'map0', offset: 0, content: { seed: 4, length: 10 } },
      ],
      tasks: [
        {
          name: 'mapper',
          operations: [{ op: 'store', mapping: 'map0', offset: 815, content: { seed: 5, length: 256 } }],
        },
        { name: 'writer', operations: [operation] },
      ],
    };
    const target = raceTargets().find(({ name }) => name === mode.target);
    const maker = typescriptTargets().find(({ name }) => name === mode.target);
    if (target === undefined || maker === undefined) throw new Error('a mode names a target');
    const image = await imageOf(program, maker);
    const judges = { e2fsck: null, files: new ImageFiles('.'), targets: [maker] };
    const exploration = new Exploration(1, null);
    const runs: ReturnType<typeof runProgram>[] = [];
    while (
      exploration.next((choose) => {
        const pilot = new RecordingPilot(choose);
        runs.push(runProgram(program, target, image, pilot));
        return pilot.decisions;
      })
    );
    expect(runs.length).toBeGreaterThan(5);
    for (const run of runs) {
      expect(run.thrown).toBeUndefined();
      expect(await judgeFinalImage(program, run, judges)).toBeNull();
    }
  },
);
