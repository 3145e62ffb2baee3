import type { Operation } from '../../model/index.ts';
import type { Difference } from '../compare.ts';
import { saysDamage } from '../damage-errno.ts';
import { withoutNumbers } from './crash-of-target.ts';
import type { Participant, StepContext } from '../lockstep.ts';
import { fails, type FailedVerdict } from '../verdict.ts';

/** A system call answered something else than the model. */
export function outcomeDiffers(
  { name, target, session }: Participant,
  operation: Operation,
  { step, kind, stage }: StepContext,
  found: Difference,
): FailedVerdict {
  const complaint = session.complaint();
  // An image may be read by another target than the one that wrote it, which is the one the failure belongs to.
  const where = target.name === name ? stage : `${stage} through ${target.name}`;
  // After a recovery it matters when the tree was wrong; the sequence and its end show the same mistake.
  const detail = `${kind === 'recovery' ? `${where}: ` : ''}${operation.op} ${found.what}`;
  const signature =
    complaint !== null && saysDamage(found.observed)
      ? { kind: 'complaint' as const, detail: withoutNumbers(complaint) }
      : { kind, detail };
  return fails(
    { ...signature, target: name, step, operation: operation.op },
    {
      summary: `${name} answers ${operation.op} differently from the model${where === '' ? '' : ` ${where}`}: ${found.what}`,
      operation,
      expected: found.expected,
      observed: found.observed,
      ...(found.detail !== undefined && { difference: found.detail }),
      ...(complaint !== null && { details: `The target says of its disk: ${complaint}` }),
    },
  );
}
