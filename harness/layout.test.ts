import { expect, test } from 'vitest';
import { Model, type FileExtent, type Outcome } from '../model/index.ts';
import { compareLayouts, promisesLayouts } from './layout.ts';
import { Lane, type Participant } from './lockstep.ts';
import { DEFAULT_SETUP, modelOptions, timeOfStep } from './setup.ts';
import type { Session, Target } from './target.ts';

const extent = (offset: number, length: number, state: FileExtent['state'] = 'written'): FileExtent => ({
  offset,
  length,
  state,
});

/** Somebody whose only file has these extents. */
function participant(name: string, outcome: Outcome, images = true): Participant {
  const target = { name, capabilities: { images } } as unknown as Target;
  const session = { apply: () => outcome } as unknown as Session;
  return { name, target, session };
}

const having = (...extents: FileExtent[]): Outcome => ({ ok: true, value: { kind: 'extents', extents } });

async function detailOf(...participants: Participant[]): Promise<string | null> {
  const model = new Model(modelOptions(DEFAULT_SETUP));
  model.step(
    { op: 'open', as: 'fd0', path: 'a', access: 'read-write', flags: { create: true }, mode: 0o600 },
    timeOfStep(1),
  );
  const context = { step: null, now: timeOfStep(2), kind: 'space', stage: '' } as const;
  const failed = await compareLayouts(new Lane(DEFAULT_SETUP, model, participants), context);
  return failed === null ? null : `${failed.evidence.expected} / ${failed.evidence.observed}`;
}

test('pieces and unwritten blocks may differ, holes may not', async () => {
  const one = participant('one', having(extent(0, 8192), extent(16384, 4096)));
  const split = participant(
    'two',
    having(extent(0, 4096), extent(4096, 4096, 'unwritten'), extent(16384, 4096)),
  );
  expect(await detailOf(one, split)).toBe(null);
  const longer = participant('three', having(extent(0, 8192), extent(16384, 8192)));
  expect(await detailOf(one, split, longer)).toBe(
    '0..8192 16384..20480 (one) / 0..8192 16384..24576 (three)',
  );
});

test('behind stores and faulting writes nobody promises anything', () => {
  const write = { op: 'write', handle: 'fd0', content: { seed: 1, length: 2 } } as const;
  expect(promisesLayouts([write])).toBe(true);
  expect(promisesLayouts([write, { ...write, faultAt: 1 }])).toBe(false);
  expect(promisesLayouts([{ op: 'store', mapping: 'map0', offset: 0, content: write.content }])).toBe(false);
});

test('who has another format, may not look, or keeps contents in the inode says nothing', async () => {
  const one = participant('one', having(extent(0, 4096)));
  const others = [
    participant('xfs', having(), false),
    participant('closed', { ok: false, errno: 'EACCES' }),
    participant('inline', having(extent(0, 60, 'inline'))),
  ];
  for (const other of others) expect(await detailOf(one, other)).toBe(null);
  expect(await detailOf(one, participant('empty', having()))).toBe('0..4096 (one) / nothing (empty)');
});
