import type { Finding } from '../../../generated/impl/index.ts';

/** What was found wrong on a disk, as a sentence. */
export const findingText = ({ structure, field, found, expected }: Finding): string =>
  `${structure}: ${field} is ${found}, expected ${expected}`;
