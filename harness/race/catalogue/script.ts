import type { Access, Content, Handle, Operation, OpenFlags } from '../../../model/index.ts';
import type { RaceProgram } from '../program.ts';
import type { RaceTask } from '../race-target.ts';

/** What of a program does not depend on how it is mounted. */
export type Script = Pick<RaceProgram, 'image' | 'before' | 'tasks'>;

/** A small race that is worth looking at from all sides, by the name that the command line has for it. */
export interface NamedRace {
  readonly name: string;
  /** What runs beside what, in words. */
  readonly about: string;
  readonly script: (block: number) => Script;
}

export const open = (
  handle: Handle,
  path: string,
  flags: OpenFlags = {},
  access: Access = 'read-write',
): Operation => ({
  op: 'open',
  as: handle,
  path,
  access,
  flags,
  mode: 0o644,
});

export const pwrite = (handle: Handle, offset: number, length: number, seed: number): Operation => ({
  op: 'pwrite',
  handle,
  offset,
  content: { seed, length },
});

export const write = (handle: Handle, length: number, seed: number): Operation => ({
  op: 'write',
  handle,
  content: { seed, length },
});

export const pread = (handle: Handle, offset: number, length: number): Operation => ({
  op: 'pread',
  handle,
  offset,
  length,
});

/** A file of so many bytes on the disk. */
export const onDisk = (path: string, length: number): Operation[] => [
  open('fd0', path, { create: true }),
  pwrite('fd0', 0, length, 1),
  { op: 'close', handle: 'fd0' },
];

export const task = (name: string, ...operations: Operation[]): RaceTask => ({ name, operations });

export const HANDLES: readonly Handle[] = ['fd0', 'fd1', 'fd2'];

/** A descriptor of its own for each task. */
export const opened = (path: string, flags: OpenFlags = {}): Operation[] =>
  HANDLES.map((handle) => open(handle, path, flags));

export const fallocate = (
  handle: Handle,
  mode: Extract<Operation, { op: 'fallocate' }>['mode'],
  offset: number,
  length: number,
): Operation => ({ op: 'fallocate', handle, mode, offset, length });

/** A shared mapping of so many pages from the start of the file. */
export const mapped = (handle: Handle, pages: number): Operation => ({
  op: 'mmap',
  as: 'map0',
  handle,
  offset: 0,
  length: pages * 4096,
  sharing: 'shared',
  access: 'read-write',
});

export const store = (offset: number, content: Content): Operation => ({
  op: 'store',
  mapping: 'map0',
  offset,
  content,
});
