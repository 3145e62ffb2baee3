import type { Handle, Operation } from '../../model/index.ts';
import { mapHandles } from '../shrink/map-handles.ts';
import type { RaceProgram } from './program.ts';

type Open = Extract<Operation, { op: 'open' }>;

/**
 * Programs that open a file less often. Who draws a program makes the file on a disk of its own and gives every task a descriptor, so
 * that half of a small program is opens, none of which can be left out by itself.
 */
export function* programsThatOpenLess(program: RaceProgram): Generator<RaceProgram> {
  if (program.image.length > 0) yield withoutRemount(program);
  yield* withSharedDescriptors(program);
}

/** What was on the disk is done after the mount, and its descriptors stay open for the race. */
function withoutRemount(program: RaceProgram): RaceProgram {
  const { image, before } = program;
  return { ...program, image: [], before: [...neverClosed(image, unusedHandles(program)), ...before] };
}

/** The same with a descriptor of its own for each open, as nobody closes them any more. */
function neverClosed(operations: readonly Operation[], handles: Iterator<Handle, never>): Operation[] {
  const names = new Map<Handle, Handle>();
  return operations.flatMap((operation) => {
    if (operation.op === 'close') return [];
    if (operation.op === 'open') names.set(operation.as, handles.next().value);
    return [mapHandles(operation, (handle) => names.get(handle) ?? handle)];
  });
}

function* unusedHandles({ before, tasks }: RaceProgram): Generator<Handle, never> {
  const used = new Set<Handle>();
  for (const operation of [...before, ...tasks.flatMap(({ operations }) => operations)])
    mapHandles(operation, (handle) => (used.add(handle), handle));
  for (let number = 0; ; number++) if (!used.has(`fd${number}`)) yield `fd${number}`;
}

/** One descriptor instead of two that were opened alike. */
function* withSharedDescriptors(program: RaceProgram): Generator<RaceProgram> {
  const opens = program.before.filter((one): one is Open => one.op === 'open');
  for (const [index, later] of opens.entries()) {
    for (const earlier of opens.slice(0, index)) {
      if (isOpenedAlike(earlier, later)) yield withShared(program, earlier, later);
    }
  }
}

/** Of what is written through one descriptor and directly through another, rules promise less than of either: they stay apart. */
const isOpenedAlike = (left: Open, right: Open): boolean =>
  left.path === right.path && left.access === right.access && flagsOf(left) === flagsOf(right);

/** Whether an open makes the file does not matter for what the descriptor does later. */
const flagsOf = ({ flags }: Open): string => JSON.stringify({ ...flags, create: undefined });

function withShared(program: RaceProgram, earlier: Open, later: Open): RaceProgram {
  const { before, tasks } = program;
  const shared = (operations: readonly Operation[]): Operation[] =>
    operations
      .filter((operation) => operation !== later)
      .map((operation) => mapHandles(operation, (handle) => (handle === later.as ? earlier.as : handle)));
  return {
    ...program,
    before: shared(before),
    tasks: tasks.map((task) => ({ ...task, operations: shared(task.operations) })),
  };
}
