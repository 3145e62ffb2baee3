import { PAGE_BYTES } from '../model/index.ts';
import type {
  Credentials,
  Handle,
  MappingName,
  Model,
  ModelTree,
  Operation,
  Path,
  Run,
} from '../model/index.ts';
import type { Lane, Participant, StepContext } from './lockstep.ts';
import { Lockstep } from './lockstep.ts';
import { targetBroke } from './judges/crash-of-target.ts';
import { fails, type FailedVerdict } from './verdict.ts';
import { isPromise } from './target.ts';

/** Numbers of descriptors and mappings of the harness itself; sequences count theirs from 0 and never come this far. */
export const FIRST_OF_HARNESS = 1_000_000;

const HANDLE: Handle = `fd${FIRST_OF_HARNESS}`;
const MAPPING: MappingName = `map${FIRST_OF_HARNESS}`;

/** The longest single read. */
const WINDOW_BYTES = 1 << 20;

/** How much of either end of a long hole is read; nobody has time to read all of a terabyte of zeros. */
const HOLE_END_BYTES = 1 << 14;

/** The last pages of the largest files cannot be mapped, and which those are depends on the file system. */
const MAPPED_SIZE_MAX = 2 ** 32;

const ROOT: Credentials = { uid: 0, gid: 0, groups: [] };

/**
 * Looks at the whole tree of every participant and compares it with the model: names, types, contents, attributes, and
 * which names are links to one file. It is done by ordinary operations that the model performs too, so what looking
 * changes (relatime moves atime) changes on both sides. Root looks, whoever is the caller of the sequence,
 * where he can. What may be one of several is known once it was looked at, and may be different for each target: answers
 * the lanes that go on from here, or what was wrong.
 */
export async function inspect(lane: Lane, context: StepContext): Promise<Inspected> {
  const lockstep = new Lockstep(lane);
  const failed = await inspectLane(lane, lockstep, context);
  return { failed, lanes: lockstep.lanes };
}

export interface Inspected {
  readonly failed: FailedVerdict | null;
  readonly lanes: readonly Lane[];
}

async function inspectLane(
  lane: Lane,
  lockstep: Lockstep,
  context: StepContext,
): Promise<FailedVerdict | null> {
  const { caller } = lane.model;
  const fixed = lane.participants.some(({ target }) => (target.caller ?? null) !== null);
  if (caller.uid === 0 || fixed) return inspectAsRoot(lane, lockstep, context);
  return (
    (await performAll(lockstep, [{ op: 'setcreds', ...ROOT }], context)) ??
    (await inspectAsRoot(lane, lockstep, context)) ??
    (await performAll(lockstep, [{ op: 'setcreds', ...caller }], context))
  );
}

async function inspectAsRoot(
  lane: Lane,
  lockstep: Lockstep,
  context: StepContext,
): Promise<FailedVerdict | null> {
  const tree = lane.model.tree();
  // Before anything is read: reading changes what is in memory.
  const broken = await inspectMemory(lane, context);
  if (broken !== null) return broken;
  // In the middle of a run a mapping would change what comes after; of what was just mounted nobody has stored anything behind the end.
  const tails = context.kind === 'recovery' && lane.participants.every(mapsFiles);
  const looks = [...attributesOf(tree), ...insidesOf(firstNames(tree), lane.model.used, tails)];
  const failed = await performAll(lockstep, looks, context);
  return failed ?? inspectLinks(tree, lane, context);
}

/** Asked of our own targets only, which take power cuts: nobody has looked yet what kernels show there. */
const mapsFiles = ({ target: { capabilities } }: Participant): boolean =>
  capabilities.powerCut && tailLook(1).every(({ op }) => !capabilities.unperformed.has(op));

/** What each target asserts of its own memory. */
async function inspectMemory(lane: Lane, context: StepContext): Promise<FailedVerdict | null> {
  for (const { name, session } of lane.participants) {
    try {
      await session.checkInvariants?.();
    } catch (error) {
      return targetBroke(name, { op: 'statfs' }, context, error);
    }
  }
  return null;
}

async function performAll(
  lockstep: Lockstep,
  operations: readonly Operation[],
  context: StepContext,
): Promise<FailedVerdict | null> {
  lockstep.foresee(operations);
  for (const operation of operations) {
    const answer = lockstep.step(operation, context);
    const failed = isPromise(answer) ? await answer : answer;
    if (failed !== null) return failed;
  }
  return null;
}

/** The operations that look at this tree, at each name as if it were an inode's only one: all attributes first, before reading moves any of them. */
export const inspectionOf = (tree: ModelTree, used: Model['used']): Operation[] => [
  ...attributesOf(tree),
  ...insidesOf(tree, used, false),
];

const attributesOf = (tree: ModelTree): Operation[] =>
  [...tree.keys()].map((path) => ({ op: 'lstat', path }));

/** What further names of an inode show need not be looked at: they lead to the same (see inspectLinks). */
const firstNames = (tree: ModelTree): ModelTree =>
  new Map([...tree].filter(([, { sameAs }]) => sameAs === undefined));

/** Contents, and extended attributes and flags when somebody has tried to set any, everywhere then. */
function insidesOf(tree: ModelTree, used: Model['used'], tails: boolean): Operation[] {
  const operations: Operation[] = [];
  for (const [path, { stat, xattrs = [] }] of tree) {
    if (used.xattrs) operations.push({ op: 'listxattr', path, nofollow: true });
    for (const name of xattrs) operations.push({ op: 'getxattr', path, name, nofollow: true });
    if (used.flags && (stat.type === 'file' || stat.type === 'directory')) {
      operations.push({ op: 'lsattr', path });
    }
  }
  for (const [path, { stat, runs = [] }] of tree) {
    if (stat.type === 'directory') operations.push({ op: 'readdir', path });
    else if (stat.type === 'symlink') operations.push({ op: 'readlink', path });
    else if (stat.type === 'file') operations.push(...readsOf(path, stat.size, runs, tails));
  }
  return operations;
}

function readsOf(path: Path, size: number, runs: readonly Run[], tails: boolean): Operation[] {
  const operations: Operation[] = [{ op: 'open', as: HANDLE, path, access: 'read', flags: {}, mode: 0 }];
  for (const { start, end } of windowsOf(size, runs)) {
    for (let offset = start; offset < end; offset += WINDOW_BYTES) {
      operations.push({ op: 'pread', handle: HANDLE, offset, length: Math.min(WINDOW_BYTES, end - offset) });
    }
  }
  if (tails && size % PAGE_BYTES !== 0 && size < MAPPED_SIZE_MAX) operations.push(...tailLook(size));
  operations.push({ op: 'close', handle: HANDLE });
  return operations;
}

/** The rest of the last page reads as zeros through a mapping, whatever the disk holds behind the end. */
function tailLook(size: number): Operation[] {
  const within = size % PAGE_BYTES;
  const view = { offset: size - within, length: PAGE_BYTES } as const;
  return [
    { op: 'mmap', as: MAPPING, handle: HANDLE, ...view, sharing: 'private', access: 'read' },
    { op: 'load', mapping: MAPPING, offset: within, length: PAGE_BYTES - within },
    { op: 'munmap', mapping: MAPPING },
  ];
}

/** The parts of a file to be read: all but the middle of long holes. One byte beyond the end must not be there. */
function windowsOf(size: number, runs: readonly Run[]): { start: number; end: number }[] {
  const windows = [{ start: 0, end: 0 }];
  let offset = 0;
  for (const run of runs) {
    const end = offset + run.length;
    const last = windows.at(-1);
    if (last === undefined || run.kind === 'bytes' || run.length <= 2 * HOLE_END_BYTES)
      extend(windows, offset, end);
    else {
      extend(windows, offset, offset + HOLE_END_BYTES);
      extend(windows, end - HOLE_END_BYTES, end);
    }
    offset = end;
  }
  extend(windows, size, size + 1);
  return windows;
}

function extend(windows: { start: number; end: number }[], start: number, end: number): void {
  const last = windows.at(-1);
  if (last?.end === start) last.end = end;
  else windows.push({ start, end });
}

/** All names of an inode must lead to the same one, and names of others to others. */
async function inspectLinks(
  tree: ModelTree,
  lane: Lane,
  context: StepContext,
): Promise<FailedVerdict | null> {
  const linked = [...tree].filter(([, { stat }]) => stat.type !== 'directory' && stat.links > 1);
  for (const { name, session } of lane.participants) {
    const firsts = new Map<number, Path>();
    for (const [path, { sameAs }] of linked) {
      let number: number;
      try {
        number = await session.identity(path, context.now);
      } catch (error) {
        return targetBroke(name, { op: 'lstat', path }, context, error);
      }
      const seen = firsts.get(number);
      if (seen !== sameAs) return linksDiffer(name, context, path, { expected: sameAs, observed: seen });
      if (seen === undefined) firsts.set(number, path);
    }
  }
  return null;
}

function linksDiffer(
  target: string,
  { step, kind, stage }: StepContext,
  path: Path,
  first: { readonly expected: Path | undefined; readonly observed: Path | undefined },
): FailedVerdict {
  const words = (other: Path | undefined): string =>
    other === undefined ? `${path} is an inode of its own` : `${path} is the same inode as ${other}`;
  const observed = words(first.observed);
  return fails(
    { kind, target, step, operation: null, detail: 'names of one inode' },
    { summary: `on ${target}, ${observed} ${stage}`, expected: words(first.expected), observed },
  );
}
