import type { Operation } from '../../../model/index.ts';
import type { Setup } from '../../setup.ts';

/** Some operations that are timed together, and all told as one number: what one of them costs. */
export interface Probe {
  /** What they do, in the words of a chart. */
  readonly verb: string;
  readonly operations: readonly Operation[];
}

/** Something that grows, and what is done beside it, which should cost the same however large it is. */
export interface Growing {
  /** As `--only` finds it, and charts call it. */
  readonly name: string;
  /** From the smallest on. */
  readonly sizes: readonly number[];
  sizeText(size: number): string;
  setup(size: number): Setup;
  /** Makes it so large. */
  grow(size: number): Iterable<Operation>;
  /** The same at every size. What the probes make they take away again. */
  probes(size: number): readonly Probe[];
}
