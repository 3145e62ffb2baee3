import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ALL_STAGES, generateSequence, readCase, sequenceSeed, targetsNamed } from '../harness/index.ts';
import { findProgram } from '../harness/process.ts';
import { whyNoKernel } from './kernel-mount.fixture.ts';
import { openBench } from './workbench.fixture.ts';

const REGRESSIONS = join(import.meta.dirname, 'regressions');

/** Longer by hand: TWINPATH_KERNEL_SEQUENCES=500. */
const SEQUENCES = Number(process.env['TWINPATH_KERNEL_SEQUENCES'] ?? 12);

/** Of another file system; making one takes as long as some sequences. */
const SEQUENCES_ELSEWHERE = Math.ceil(SEQUENCES / 4);

describe('the kernel of this machine', async () => {
  const reason = await whyNoKernel();
  const bench = await openBench([], (workspace) => targetsNamed(['loop', 'impl:iomap'], workspace));

  test('does what the model and our ext4 do, and each mounts what the other wrote', async (context) => {
    if (reason !== null) context.skip(`unknown: ${reason}`);
    for (let number = 0; number < SEQUENCES; number++) {
      const { unperformed } = bench;
      const limits = {
        maxOperations: 60,
        blockSize: null,
        atime: 'noatime',
        without: ['project'],
        unperformed,
      } as const;
      const { setup, operations } = generateSequence(sequenceSeed(5, number), limits);
      const { verdict } = await bench.run(setup, operations, ALL_STAGES);
      expect({ number, verdict }).toEqual({ number, verdict: { kind: 'holds' } });
    }
  });

  // With relatime, so with a tick of the clock for each operation.
  test.each(readdirSync(REGRESSIONS).filter((name) => name.endsWith('.json')))('%s', async (name) => {
    const { setup, operations } = readCase(readFileSync(join(REGRESSIONS, name), 'utf8'), name);
    const { verdict } = await bench.run(setup, operations, ALL_STAGES);
    // The kernel refuses blocks that are larger than its pages; a loop device cannot be mapped, and does not fail when it is told to.
    const possible = setup.blockSize <= 4096 && setup.mount.dax !== true && setup.trouble === undefined;
    const asked = reason === null && possible;
    expect(verdict.kind === 'fails' ? verdict : verdict.kind).toBe(asked ? 'holds' : 'unknown');
  });
});

describe.each(['xfs', 'btrfs'])('%s of this machine', async (type) => {
  const reason = findProgram(`mkfs.${type}`) === null ? `mkfs.${type} is not installed` : await whyNoKernel();
  const bench = await openBench([], (workspace) => targetsNamed([`loop,fs=${type}`], workspace));

  test('does what the model does, where it promises that', async (context) => {
    if (reason !== null) context.skip(`unknown: ${reason}`);
    for (let number = 0; number < SEQUENCES_ELSEWHERE; number++) {
      const { unperformed } = bench;
      const limits = {
        maxOperations: 60,
        blockSize: 4096,
        format: {},
        atime: 'noatime',
        unperformed,
      } as const;
      const { setup, operations } = generateSequence(sequenceSeed(6, number), limits);
      const { verdict } = await bench.run(setup, operations, ALL_STAGES);
      // A kernel may have been built without it.
      if (verdict.kind === 'unknown') context.skip(`unknown: ${verdict.reason}`);
      expect({ number, verdict }).toEqual({ number, verdict: { kind: 'holds' } });
    }
  });
});
