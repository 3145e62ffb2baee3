/**
 * Transaction ids are 32 bits wide and wrap; they are compared by their distance, like sequence numbers of TCP (tid_gt,
 * tid_geq).
 */
export const tidAfter = (left: number, right: number): boolean => ((left - right) | 0) > 0;

export const tidAtOrAfter = (left: number, right: number): boolean => ((left - right) | 0) >= 0;

export const nextTid = (tid: number): number => (tid + 1) >>> 0;

export const previousTid = (tid: number): number => (tid - 1) >>> 0;
