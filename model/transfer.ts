import type { RwfFlag, TransferOptions } from './operation.ts';

/** What a read or a write moves at most, and how. */
export interface Transfer extends TransferOptions {
  readonly length: number;
}

/** Whether preadv2(2) or pwritev2(2) is called, which look at the length before anything else, and no plain call. */
export const isVectored = ({ rwf, pieces, faultAt, misaligned }: TransferOptions): boolean =>
  rwf !== undefined || pieces !== undefined || faultAt !== undefined || misaligned !== undefined;

export const hasRwf = ({ rwf }: TransferOptions, flag: RwfFlag): boolean => rwf?.includes(flag) === true;
