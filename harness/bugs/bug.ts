import type { Operation } from '../../model/index.ts';
import type { CrashFailure } from '../crash/crash-failure.ts';
import type { FailureKind } from '../failure.ts';
import type { Setup } from '../setup.ts';

/** What a run must have for a bug to show at all. */
export type Need =
  | 'blocks smaller than a page'
  | 'bigalloc'
  | 'crash'
  | 'data=journal'
  | 'direct I/O'
  | 'failing device'
  | 'fast commit'
  | 'full device'
  | 'indirect blocks'
  | 'mmap'
  | 'offsets beyond 4 GiB'
  | 'race';

/** The verb of twinpath whose judges see a bug. */
export type Hunter = 'check' | 'race' | 'crash';

/** Operations that show a bug, as few as anybody knows. */
export interface KnownSequence {
  readonly setup: Setup;
  readonly operations: readonly Operation[];
}

interface BugBasics {
  /** B01 to B48 are those of the list that the project started from. */
  readonly id: string;
  /** A kernel commit, the message-id of a patch or a review, a number of fstests. */
  readonly source: string;
  /** What went wrong, in our words. */
  readonly mechanism: string;
}

/** A bug that can be switched on. */
export interface PlantedBug extends BugBasics {
  readonly kind: 'planted';
  /** A name of PLANTED_FAULTS. */
  readonly fault: string;
  readonly needs: readonly Need[];
  readonly hunter: Hunter;
  /** Which kinds of failures show it. */
  readonly seenBy: readonly (FailureKind | CrashFailure['kind'])[];
  /** Null with a number of operations where it takes a schedule, a power cut or a broken device, too. */
  readonly known: KnownSequence | { readonly operations: number; readonly words: string };
}

/** A bug that our design leaves no room for. */
export interface ImpossibleBug extends BugBasics {
  readonly kind: 'impossible';
  readonly why: string;
}

export type Bug = PlantedBug | ImpossibleBug;

/** Can the operations be run as they are, and is that all it takes? */
export const isSequence = (known: PlantedBug['known']): known is KnownSequence =>
  typeof known.operations !== 'number';

/** Operations of the smallest sequence that is known. */
export const knownSize = ({ known }: PlantedBug): number =>
  isSequence(known) ? known.operations.length : known.operations;
