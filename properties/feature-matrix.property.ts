import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  ALL_STAGES,
  contentBytes,
  generateSequence,
  hasFeature,
  sequenceSeed,
  timeOfStep,
  typescriptTargets,
  unperformedBy,
  writeImage,
  type Sequence,
  type Stages,
} from '../harness/index.ts';
import { lanesOf } from '../harness/drive.ts';
import { inspect } from '../harness/inspection.ts';
import { Lane, Lockstep, type StepContext } from '../harness/lockstep.ts';
import type { Model, Run, ModelTree } from '../model/index.ts';
import { countersAgree, extentsAgree, piecesOf, withView, type Piece } from './e2fsprogs-view.fixture.ts';
import { imageFile } from './image-file.fixture.ts';
import { kernelChanges, listingOf } from './kernel-changes.fixture.ts';
import { fiemapsAgree } from './kernel-fiemap.fixture.ts';
import { whyNoKernel, withMounted } from './kernel-mount.fixture.ts';
import { allRows, someRows, type MatrixRow } from './matrix-rows.fixture.ts';
import { MountedTree } from './mounted-tree.fixture.ts';
import { e2fsprogs, openBench, type Bench } from './workbench.fixture.ts';

/**
 * TWINPATH_MATRIX=whole (`./run matrix`) runs every row with hundreds of operations; otherwise a few operations on file
 * systems in which each pair of choices of the format comes up.
 */
const WHOLE = process.env['TWINPATH_MATRIX'] === 'whole';
const ROWS = WHOLE ? allRows() : someRows();
const OPERATIONS = WHOLE ? 300 : 40;
const STAGES: Stages = WHOLE
  ? ALL_STAGES
  : { recovery: true, remount: 'none', checkAgain: false, layouts: true, goOn: false };

/** One row in so many is taken to the kernel. */
const KERNEL_EVERY = WHOLE ? 1 : 4;

const SEED = 20_261_122;
const FILES_DUMPED = 5;
const FILES_MAPPED = WHOLE ? 12 : 3;

const TARGETS = typescriptTargets();

/** What was done in all rows that held. */
const done = { rows: 0, operations: 0, takenToTheKernel: 0, placesCompared: 0 };

function sequenceOf({ blockSize, format, maker }: MatrixRow, index: number): Sequence {
  const chosen = maker === 'mke2fs' ? { ...format, maker } : format;
  return generateSequence(sequenceSeed(SEED, index), {
    maxOperations: OPERATIONS,
    blockSize,
    format: chosen,
    unperformed: [...unperformedBy(TARGETS)],
  });
}

const targetOf = (index: number) => TARGETS[index % TARGETS.length] ?? expect.fail('no target');

/** Performs the sequence on the model and one target; answers the model, and the disk in a file. */
async function performed({ setup, operations }: Sequence, index: number, path: string): Promise<Model> {
  const target = targetOf(index);
  const session = await target.start(setup, { faults: [], now: timeOfStep(0) });
  const lanes = lanesOf(setup, [{ name: target.name, target, session }]);
  // In step, because a device that is full makes the model follow what the target did.
  const lockstep = new Lockstep(lanes);
  for (const [step, operation] of operations.entries()) {
    const context: StepContext = { step, now: timeOfStep(step), kind: 'result', stage: '' };
    expect(await lockstep.step(operation, context)).toBe(null);
  }
  const model = lockstep.lanes[0]?.model ?? expect.fail('no lane left');
  model.step({ op: 'remount' }, timeOfStep(operations.length));
  writeImage((await session.unmount()) ?? expect.fail('no disk'), path);
  return model;
}

/** What the runs say; where they permit any bytes, as after a direct write that failed halfway, those that were found. */
function bytesOf(runs: readonly Run[], found: Buffer): Buffer {
  let position = 0;
  const pieces = runs.map((run) => {
    const { length } = run;
    position += length;
    if (run.kind === 'any') return found.subarray(position - length, position);
    if (run.kind === 'zeros') return Buffer.alloc(length);
    return contentBytes({ seed: run.seed, length: run.start + length }).subarray(run.start);
  });
  return Buffer.concat(pieces);
}

/** debugfs reads the same bytes, sizes, modes and owners of a few files as the model has. */
async function debugfsAgrees(path: string, tree: ModelTree, folder: string): Promise<void> {
  const files = [...tree].filter(
    ([name, { stat }]) => stat.type === 'file' && stat.size < 1 << 24 && /^[\w./-]+$/.test(name),
  );
  for (const [name, { stat, runs = [] }] of files.slice(0, FILES_DUMPED)) {
    const dumped = join(folder, 'dumped');
    await e2fsprogs('debugfs', ['-R', `dump /${name} ${dumped}`, path]);
    const said = await e2fsprogs('debugfs', ['-R', `stat /${name}`, path]);
    const found = readFileSync(dumped);
    // Of a file in its inode debugfs shows all that is stored, however long the file is, those of mke2fs -d, too.
    const stored = said.includes('Size of inline data:') ? found.subarray(0, stat.size) : found;
    const missing = stored === found ? 0 : stat.size - stored.length;
    const whole = Buffer.concat([stored, Buffer.alloc(missing)]);
    expect(Buffer.compare(whole, bytesOf(runs, whole)), name).toBe(0);
    expect(said).toMatch(new RegExp(`Mode: +0${stat.mode.toString(8)}\\b`.replace('0', '0*')));
    expect(said).toMatch(
      new RegExp(`User: +${stat.uid | 0} +Group: +${stat.gid | 0} .*Size: ${stat.size}\\b`, 's'),
    );
    expect(said).toMatch(new RegExp(`Links: ${stat.links} `));
  }
}

/** Our reading of the image, its counters and where files lie, is that of dumpe2fs and debugfs. */
const toolsAgree = (path: string, tree: ModelTree): Promise<void> =>
  withView(path, async (view) => {
    await countersAgree(view, path);
    const named = [...tree].filter(([name]) => /^[\w./-]+$/.test(name));
    const mapped = named.filter(([, { stat }]) => stat.type === 'file' || stat.type === 'directory');
    for (const [name] of mapped.slice(0, FILES_MAPPED)) await extentsAgree(view, path, name);
  });

/** Where every file of the image lies, up to its end. */
async function placesIn(
  path: string,
  tree: ModelTree,
  blockSize: number,
): Promise<Map<string, { readonly blocks: number; readonly pieces: readonly Piece[] }>> {
  const found = new Map<string, { readonly blocks: number; readonly pieces: readonly Piece[] }>();
  await withView(path, (view) => {
    for (const [name, { stat }] of tree) {
      if (stat.type === 'file')
        found.set(name, { blocks: Math.ceil(stat.size / blockSize), pieces: piecesOf(view, name) });
    }
    return Promise.resolve();
  });
  return found;
}

async function kernelAgrees(sequence: Sequence, model: Model, path: string, folder: string): Promise<void> {
  const now = timeOfStep(sequence.operations.length);
  const look = async (session: MountedTree): Promise<void> => {
    const participant = { name: 'the kernel', target: targetOf(0), session };
    const lane = new Lane(sequence.setup, model.clone(), [participant]);
    const { failed } = await inspect(lane, { step: null, now, kind: 'tree', stage: 'mounted by the kernel' });
    expect(failed).toBe(null);
  };
  const { blockSize } = sequence.setup;
  const places = await placesIn(path, model.tree(), blockSize);
  // One mount for both: a second one soon after may find the loop device of the first.
  const made = await withMounted(path, folder, 'rw', async (root) => {
    await look(new MountedTree(root));
    done.placesCompared += fiemapsAgree(root, places, blockSize);
    return kernelChanges(root);
  });
  const { exitCode, stdout } = await execa('e2fsck', ['-fn', path], { reject: false });
  expect(exitCode, stdout).toBe(0);
  for (const target of TARGETS) {
    const session = await target.mount(imageFile(path), sequence.setup, { faults: [], now });
    expect(await listingOf(session, now)).toEqual(made);
    await session.unmount();
  }
}

const withFolder = async (body: (folder: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'twinpath-matrix-'));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** Whether the row is taken to the kernel, which mounts no blocks larger than its pages. */
const isForKernel = ({ blockSize }: MatrixRow, index: number): boolean =>
  index % KERNEL_EVERY === 0 && blockSize <= 4096;

async function checkRow(bench: Bench, row: MatrixRow, index: number, askKernel: boolean): Promise<void> {
  const sequence = sequenceOf(row, index);
  const { verdict } = await bench.run(sequence.setup, sequence.operations, STAGES);
  const context = verdict.kind === 'holds' ? null : sequence;
  expect({ verdict, context }).toEqual({ verdict: { kind: 'holds' }, context: null });
  await withFolder(async (folder) => {
    const path = join(folder, 'image');
    const model = await performed(sequence, index, path);
    await debugfsAgrees(path, model.tree(), folder);
    await toolsAgree(path, model.tree());
    if (askKernel) await kernelAgrees(sequence, model, path, folder);
  });
  done.rows++;
  done.operations += sequence.operations.length;
  if (askKernel) done.takenToTheKernel++;
}

describe('every format', async () => {
  const bench = await openBench();
  const noKernel = await whyNoKernel();
  const noProjects = noKernel ?? (await whyNoKernel(['project']));
  const kernelAnswers =
    noKernel === null ? 'the kernel answers' : `unknown what the kernel says: ${noKernel}`;

  test(kernelAnswers, () => {
    expect(ROWS.length).toBeGreaterThan(20);
  });

  afterAll(() => {
    const { rows, operations, takenToTheKernel, placesCompared } = done;
    process.stdout.write(
      `matrix: ${rows} of ${ROWS.length} rows held, ${operations} operations on the model and both paths, ` +
        `${takenToTheKernel} rows taken to the kernel and back, which found ${placesCompared} pieces of files where we do\n`,
    );
  });

  const rows = ROWS.map((row, index) => {
    const unable = hasFeature(row.format, 'project') ? noProjects : noKernel;
    const wanted = isForKernel(row, index);
    // Not `$name`, which is cut short and then cannot be asked for with -t.
    const name =
      wanted && unable !== null ? `${row.name}; unknown what the kernel says: ${unable}` : row.name;
    return [name, row, index, wanted && unable === null] as const;
  });
  test.each(rows)('%s', async (_, row, index, askKernel) => {
    await checkRow(bench, row, index, askKernel);
  });
});
