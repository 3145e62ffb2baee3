import { afterAll, describe, expect, test } from 'vitest';
import { runCase, type DriveOptions, type RunResult } from '../../drive.ts';
import { openChecker } from '../../e2fsck.fixture.ts';
import { ALL_STAGES } from '../../finish.ts';
import { ImageFiles } from '../../image-file.ts';
import { StageClock } from '../../stage-clock.ts';
import { PLANTED_FAULTS, typescriptTargets } from '../../targets/typescript/target.ts';
import { isSequence, type KnownSequence } from '../bug.ts';
import { BUGS, PLANTED_BUGS } from './catalogue.ts';

test('ids are different, and every switch is the bug of one entry', () => {
  const ids = BUGS.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(PLANTED_BUGS.map(({ fault }) => fault).sort()).toEqual(Object.keys(PLANTED_FAULTS).sort());
});

test('B01 to B48 are all there', () => {
  const wanted = Array.from({ length: 48 }, (_, index) => `B${String(index + 1).padStart(2, '0')}`);
  expect(BUGS.map(({ id }) => id)).toEqual(expect.arrayContaining(wanted));
});

describe('the smallest known sequence', async () => {
  const { e2fsck, folder, close } = await openChecker();
  const shared: Omit<DriveOptions, 'faults'> = {
    targets: typescriptTargets(),
    stages: ALL_STAGES,
    e2fsck,
    images: new ImageFiles(folder),
    clock: new StageClock(),
  };
  const run = ({ setup, operations }: KnownSequence, faults: readonly string[]): Promise<RunResult> =>
    runCase(setup, operations, { ...shared, faults });
  afterAll(close);

  test.each(PLANTED_BUGS.filter(({ known }) => isSequence(known)))(
    'of $id $fault holds without the bug, and shows it with it',
    async ({ known, fault, seenBy }) => {
      if (!isSequence(known)) return;
      expect((await run(known, [])).verdict).toEqual({ kind: 'holds' });
      const { verdict } = await run(known, [fault]);
      expect(verdict.kind).toBe('fails');
      if (verdict.kind === 'fails') expect(seenBy).toContain(verdict.failure.kind);
    },
  );
});
