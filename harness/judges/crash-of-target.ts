import type { Operation } from '../../model/index.ts';
import type { FailureKind } from '../failure.ts';
import type { StepContext } from '../lockstep.ts';
import type { DiskImage } from '../target.ts';
import { fails, type FailedVerdict } from '../verdict.ts';

/** The target threw something that no system call answers: a broken assertion, a deadlock, a corrupt structure. */
export function targetBroke(
  target: string,
  operation: Operation | null,
  { step, stage }: Pick<StepContext, 'step' | 'stage'>,
  error: unknown,
): FailedVerdict {
  const name = error instanceof Error ? error.name : 'exception';
  const message = messageOf(error);
  const where = stage === '' ? '' : ` ${stage}`;
  return fails(
    {
      kind: 'crash-of-target',
      target,
      step,
      operation: operation?.op ?? null,
      detail: `${name}: ${withoutNumbers(message)}`,
    },
    {
      summary: `${target} broke${operation === null ? '' : ` in ${operation.op}`}${where}: ${name}: ${message}`,
      ...(operation !== null && { operation }),
      details: error instanceof Error ? (error.stack ?? message) : message,
    },
  );
}

/** A new image cannot be made, or not be mounted. */
export const newImageFails = (target: string, error: unknown): FailedVerdict =>
  targetBroke(target, null, { step: null, stage: 'when it mounts a new image' }, error);

/** A disk that the target itself wrote cannot be mounted. */
export function mountFails(
  target: string,
  kind: FailureKind,
  stage: string,
  error: unknown,
  image: DiskImage,
): FailedVerdict {
  const broke = targetBroke(target, null, { step: null, stage }, error);
  return fails(
    { ...broke.failure, kind, detail: `mount ${stage}: ${broke.failure.detail}` },
    { ...broke.evidence, summary: `${target} cannot mount its disk ${stage}: ${messageOf(error)}`, image },
  );
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A message without what changes from run to run, so that two failures can be called the same. */
export const withoutNumbers = (text: string): string => text.replaceAll(/\b(0x[0-9a-f]+|\d+)\b/gi, 'N');
