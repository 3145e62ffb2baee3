import { expect, test } from 'vitest';
import { Exploration } from '../explore.ts';
import { RACE_MODES, setupOf } from '../modes.ts';
import { ProgramBench } from '../program-bench.ts';
import type { RaceProgram } from '../program.ts';
import { open, pwrite } from './script.ts';

// A folio that is partly in memory was read, beyond the end that the truncation had set, from blocks not yet freed.
test.each(RACE_MODES)(
  'what is cut off does not come back when a read and a truncation meet: $name',
  async (mode) => {
    const program: RaceProgram = {
      setup: setupOf(mode, 1024),
      target: mode.target,
      faults: [],
      image: [open('fd0', 'a', { create: true }), pwrite('fd0', 0, 4096, 1)],
      before: [
        open('fd0', 'a', { create: true }),
        open('fd1', 'a', { create: true }),
        pwrite('fd0', 1024, 1024, 2),
      ],
      tasks: [
        {
          name: 'truncater',
          operations: [
            { op: 'ftruncate', handle: 'fd0', size: 1124 },
            { op: 'ftruncate', handle: 'fd0', size: 4096 },
          ],
        },
        { name: 'reader', operations: [{ op: 'pread', handle: 'fd1', offset: 0, length: 5000 }] },
      ],
    };
    const bench = await ProgramBench.make(program);
    const exploration = new Exploration(1, null);
    let schedules = 0;
    while (
      exploration.next((choose) => {
        schedules++;
        const { pilot, failure } = bench.try(choose);
        expect(failure).toBeNull();
        return pilot.decisions;
      })
    );
    expect(schedules).toBeGreaterThan(20);
  },
);
