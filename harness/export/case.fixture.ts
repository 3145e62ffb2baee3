import type { Operation } from '../../model/index.ts';
import { CASE_FORMAT, CASE_VERSION, type Case } from '../case.ts';
import { DEFAULT_SETUP, type Setup } from '../setup.ts';

/** A case of these operations that nobody has seen fail. */
export const caseOf = (operations: readonly Operation[], setup: Setup = DEFAULT_SETUP): Case => ({
  format: CASE_FORMAT,
  version: CASE_VERSION,
  setup,
  targets: ['impl:iomap'],
  faults: [],
  origin: { seed: null, run: null },
  failure: null,
  operations,
});

export const OPEN: Extract<Operation, { op: 'open' }> = {
  op: 'open',
  as: 'fd0',
  path: 'f',
  access: 'read-write',
  flags: { create: true },
  mode: 0o644,
};

export const write = (offset: number, length: number, seed = 1): Operation => ({
  op: 'pwrite',
  handle: 'fd0',
  offset,
  content: { seed, length },
});

export const read = (offset: number, length: number): Operation => ({
  op: 'pread',
  handle: 'fd0',
  offset,
  length,
});
