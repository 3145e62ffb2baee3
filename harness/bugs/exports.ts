import { readFileSync } from 'node:fs';
import { readCase, type Case } from '../case.ts';
import { FSX_OPS } from '../export/fsx.ts';
import { reproductionOf } from '../export/reproduction.ts';
import { XFS_IO_COMMANDS } from '../export/xfs-io.ts';
import type { Hunted, Score } from './bugs-record.ts';

/** The programs with which other people look for such bugs. */
export type Exerciser = NonNullable<Score['exports']>[number];

/** What fsx compares: the bytes that it reads, and the size; a wrong answer to anything else passes it by. */
const FSX_READS: readonly string[] = ['read', 'pread', 'load'];

/**
 * Which of fsx and xfs_io can show what these hunts found, by the smallest case: the form has words for every operation of it and, with
 * fsx, something in it that fsx compares goes wrong. xfs_io compares nothing, so whoever runs it looks himself. Null: nothing was found.
 */
export function exportsOf(hunts: readonly Hunted[]): Exerciser[] | null {
  const [smallest] = hunts
    .flatMap(({ caseFile, shrunkTo }) =>
      caseFile === null ? [] : [{ caseFile, size: shrunkTo ?? Infinity }],
    )
    .sort((left, right) => left.size - right.size);
  if (smallest === undefined) return null;
  const saved = caseIn(smallest.caseFile);
  return saved === null ? [] : exercisersOf(saved);
}

/** Null for a race or a power cut: neither program knows what these are. */
function caseIn(file: string): Case | null {
  const text = readFileSync(file, 'utf8');
  const { format } = JSON.parse(text) as { format?: string };
  return format === 'twinpath-case' ? readCase(text, file) : null;
}

/** The same of one case. */
export function exercisersOf(saved: Case): Exerciser[] {
  // No form can make a device fail.
  if (saved.setup.trouble !== undefined) return [];
  const reproduction = reproductionOf(saved);
  const expresses = ({ write }: typeof FSX_OPS): boolean => write(reproduction).obstacles.length === 0;
  const { failure } = saved;
  const compared = failure?.kind === 'result' && FSX_READS.includes(failure.operation ?? '');
  return [
    ...(compared && expresses(FSX_OPS) ? (['fsx'] as const) : []),
    ...(expresses(XFS_IO_COMMANDS) ? (['xfs_io'] as const) : []),
  ];
}
