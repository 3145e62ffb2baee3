import type { Participant } from './lockstep.ts';
import type { FailedVerdict } from './verdict.ts';

/** Adds the disk of the target that failed, as a power cut leaves it, unless the evidence has a disk already. */
export async function withImage(
  verdict: FailedVerdict,
  participants: readonly Participant[],
): Promise<FailedVerdict> {
  const { failure, evidence } = verdict;
  const session = participants.find(({ name }) => name === failure.target)?.session;
  if (session === undefined || evidence.image !== undefined) return verdict;
  try {
    return { ...verdict, evidence: { ...evidence, image: await session.powerCut() } };
  } catch {
    // The target is broken; its disk would have been nice to have and is not needed.
    return verdict;
  }
}
