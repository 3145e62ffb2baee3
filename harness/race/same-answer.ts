import type { Outcome } from '../../model/index.ts';

/** Whether two targets, or one at two times, answered the same. */
export function sameAnswer(left: Outcome, right: Outcome): boolean {
  if (left.ok && right.ok && left.value.kind === 'data' && right.value.kind === 'data')
    return Buffer.compare(left.value.bytes, right.value.bytes) === 0;
  return JSON.stringify(left) === JSON.stringify(right);
}
