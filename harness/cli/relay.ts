import type { Ending } from '../supervise.ts';

export type Lost = Exclude<Ending, { kind: 'finished' }>;

/**
 * Runs threads one after the other, until one ends with a last word: whoever hangs or dies is replaced by one that begins
 * behind what it hung in. `thread` gets the number of the first piece of work; `lost` answers the one to go on with.
 */
export async function relay(
  { from, to, stop }: { readonly from: number; readonly to: number; readonly stop: AbortSignal },
  thread: (from: number) => Promise<Ending>,
  lost: (from: number, ending: Lost) => number | Promise<number>,
): Promise<void> {
  for (let next = from; next < to && !stop.aborted;) {
    const ending = await thread(next);
    if (ending.kind === 'finished') return;
    next = await lost(next, ending);
  }
}
