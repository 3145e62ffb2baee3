import type { Handle, Operation, Path, Timestamp } from '../../model/index.ts';
import { BASE_SECONDS, type Setup } from '../setup.ts';
import type { RaceTask } from './race-target.ts';

/** What is raced: a file system, what is done on it before, and tasks that run beside each other. */
export interface RaceProgram {
  readonly setup: Setup;
  /** The name of a target. */
  readonly target: string;
  /** Names of the planted bugs that are switched on. */
  readonly faults: readonly string[];
  /** What is on the disk when it is mounted for the race: done first, and unmounted. */
  readonly image: readonly Operation[];
  /** What is done after the mount, before the race: opens, and what is to be in memory only. */
  readonly before: readonly Operation[];
  readonly tasks: readonly RaceTask[];
}

/** The clock stands still within each part, so that no schedule depends on it. */
export const TIME_OF_IMAGE: Timestamp = { seconds: BASE_SECONDS + 1, nanoseconds: 0 };
export const TIME_BEFORE: Timestamp = { seconds: BASE_SECONDS + 2, nanoseconds: 0 };
export const TIME_OF_RACE: Timestamp = { seconds: BASE_SECONDS + 3, nanoseconds: 0 };
export const TIME_AFTER: Timestamp = { seconds: BASE_SECONDS + 4, nanoseconds: 0 };

/** How much of a file is looked at in the end, in bytes; files of a race are smaller. */
const LOOK_BYTES = 1 << 16;

/** The operations that look at everything in the end: what is in memory, by descriptor and by name. */
export function lookAtEverything(program: RaceProgram): Operation[] {
  const looks: Operation[] = [];
  for (const handle of handlesOf(program)) {
    looks.push({ op: 'pread', handle, offset: 0, length: LOOK_BYTES }, { op: 'fstat', handle });
  }
  return [...looks, ...lookAtNames(program)];
}

/** Those that can also be asked after a remount. */
export function lookAtNames(program: RaceProgram): Operation[] {
  const looks: Operation[] = [{ op: 'readdir', path: '.' }];
  const as: Handle = 'fd999';
  for (const path of pathsOf(program)) {
    looks.push({ op: 'stat', path });
    looks.push({ op: 'open', as, path, access: 'read', flags: {}, mode: 0 });
    looks.push({ op: 'pread', handle: as, offset: 0, length: LOOK_BYTES }, { op: 'close', handle: as });
  }
  return looks;
}

export const allOperations = ({ image, before, tasks }: RaceProgram): Operation[] => [
  ...image,
  ...before,
  ...tasks.flatMap(({ operations }) => operations),
];

function handlesOf(program: RaceProgram): Handle[] {
  const opened = [...program.before, ...program.tasks.flatMap(({ operations }) => operations)];
  return [...new Set(opened.flatMap((operation) => (operation.op === 'open' ? [operation.as] : [])))];
}

function pathsOf(program: RaceProgram): Path[] {
  const paths = allOperations(program).flatMap((operation) => {
    if ('from' in operation && typeof operation.from === 'string' && 'to' in operation)
      return [operation.from, operation.to];
    return 'path' in operation ? [operation.path] : [];
  });
  return [...new Set(paths)].filter((path) => path !== '.').sort();
}
