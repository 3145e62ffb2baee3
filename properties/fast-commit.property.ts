import { execa } from 'execa';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  BLOCK_SIZES,
  generateSequence,
  inspectionOf,
  sequenceSeed,
  timeOfStep,
  typescriptTargets,
  unperformedBy,
  writeImage,
  type DiskImage,
  type Sequence,
  type Session,
} from '../harness/index.ts';
import { lanesOf } from '../harness/drive.ts';
import { Lockstep } from '../harness/lockstep.ts';
import { thawing } from '../harness/thawing.ts';
import type { Model, OpenFlags, Operation, Outcome } from '../model/index.ts';

/** TWINPATH_FAST_COMMIT_SEQUENCES says how many random sequences there are. */
const SEQUENCES = Number(process.env['TWINPATH_FAST_COMMIT_SEQUENCES'] ?? 24);
const OPERATIONS = 40;
const SEED = 20_261_122;
const TARGETS = typescriptTargets();
const HANDLE = 'fd1000000';
const NOW = timeOfStep(OPERATIONS + 1);

interface Ended {
  readonly session: Session;
  readonly model: Model;
}

/** Performs the sequence in step with a model, because a device that is full makes that follow. */
async function performed({ setup, operations }: Sequence, index: number): Promise<Ended> {
  const target = TARGETS[index % TARGETS.length] ?? expect.fail('no target');
  const session = await target.start(setup, { faults: [], now: timeOfStep(0) });
  const lanes = lanesOf(setup, [{ name: target.name, target, session }]);
  const lockstep = new Lockstep(lanes);
  for (const [step, operation] of operations.entries()) {
    const context = { step, now: timeOfStep(step), kind: 'result', stage: '' } as const;
    expect(await lockstep.step(operation, context)).toBe(null);
  }
  const model = lockstep.lanes[0]?.model ?? expect.fail('no lane left');
  const context = { step: null, now: NOW, kind: 'result', stage: '' } as const;
  for (const operation of thawing(model)) expect(await lockstep.step(operation, context)).toBe(null);
  await session.apply({ op: 'setcreds', uid: 0, gid: 0, groups: [] }, NOW);
  return { session, model };
}

/** Every file is fsynced, at last one that is new, so that there is something to commit. */
async function fsyncAll({ session, model }: Ended): Promise<void> {
  const files = [...model.tree()].filter(([, { stat }]) => stat.type === 'file').map(([path]) => path);
  for (const path of [...files, 'the last']) {
    const flags: OpenFlags = path === 'the last' ? { create: true } : {};
    await session.apply({ op: 'open', as: HANDLE, path, access: 'read', flags, mode: 0o644 }, NOW);
    const synced = await session.apply({ op: 'fsync', handle: HANDLE }, NOW);
    // Nothing can be made where no inode is free; then a sync has to do.
    if (!synced.ok) await session.apply({ op: 'sync' }, NOW);
    await session.apply({ op: 'close', handle: HANDLE }, NOW);
  }
}

/** What looking at the tree answers, but for what nobody tells of a directory: its times, and the order of its names. */
async function lookedAt(session: Session, operations: readonly Operation[]): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const operation of operations) {
    const outcome = await session.apply(operation, NOW);
    answers.push([operation.op, 'path' in operation ? operation.path : '', lasting(outcome)]);
  }
  return answers;
}

function lasting(outcome: Outcome): unknown {
  if (!outcome.ok) return outcome.errno;
  const { value } = outcome;
  if (value.kind === 'data') return [...value.bytes];
  if (value.kind === 'entries') return value.entries.map(({ name, type }) => `${type} ${name}`).sort();
  if (value.kind !== 'stat') return value;
  const { type, mode, links, uid, gid } = value.stat;
  return type === 'directory' ? { type, mode, links, uid, gid } : value.stat;
}

/** Does the image hold fast commits of the transaction after the last that was committed? */
async function waiting(image: DiskImage, folder: string): Promise<boolean> {
  const path = join(folder, 'image');
  writeImage(image, path);
  const { stdout } = await execa('debugfs', ['-R', 'logdump -c', path]);
  const commits = [...stdout.matchAll(/sequence (\d+), type 2/g)].map(([, tid]) => Number(tid));
  const tails = [...stdout.matchAll(/tag TAIL, tid (\d+)/g)].map(([, tid]) => Number(tid));
  return tails[0] === Math.max(...commits) + 1;
}

test('whatever happened before an fsync of all files is there after a power cut, with fast commits', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'twinpath-fast-'));
  let replayed = 0;
  try {
    for (let index = 0; index < SEQUENCES; index++) {
      const sequence = generateSequence(sequenceSeed(SEED, index), {
        maxOperations: OPERATIONS,
        blockSize: BLOCK_SIZES[index % BLOCK_SIZES.length] ?? 4096,
        format: { features: ['fast_commit'] },
        unperformed: [...unperformedBy(TARGETS)],
      });
      const ended = await performed(sequence, index);
      await fsyncAll(ended);
      const image = await ended.session.powerCut();
      const target = TARGETS[(index >> 1) % TARGETS.length] ?? expect.fail('no target');
      const recovered = await target.mount(image.snapshot(), sequence.setup, { faults: [], now: NOW });
      const looks = inspectionOf(ended.model.tree(), ended.model.used);
      expect(await lookedAt(recovered, looks), `sequence ${index}`).toEqual(
        await lookedAt(ended.session, looks),
      );
      if (await waiting(image, folder)) replayed++;
      writeImage((await recovered.unmount()) ?? expect.fail('no disk'), join(folder, 'image'));
      const { exitCode, all } = await execa('e2fsck', ['-fn', join(folder, 'image')], {
        all: true,
        reject: false,
      });
      expect({ index, exitCode, all }).toMatchObject({ exitCode: 0 });
      await ended.session.unmount();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  // The others ended with something that takes a full commit.
  expect(replayed).toBeGreaterThan(SEQUENCES / 5);
}, 900_000);
