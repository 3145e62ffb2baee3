import type { RwfFlag, TransferOptions } from './operation.ts';

/** What a read or a write moves at most, and how. */
export interface Transfer extends TransferOptions {
  readonly length: number;
}

/** Whether preadv2(2) or pwritev2(2) is called: they look at the length before anything else. */
export const isVectored = ({ rwf, pieces }: TransferOptions): boolean =>
  rwf !== undefined || pieces !== undefined;

export const hasRwf = ({ rwf }: TransferOptions, flag: RwfFlag): boolean => rwf?.includes(flag) === true;

/** Whether it is anything but a plain call. */
export const hasOptions = ({ rwf, pieces, faultAt, misaligned }: TransferOptions): boolean =>
  rwf !== undefined || pieces !== undefined || faultAt !== undefined || misaligned !== undefined;
