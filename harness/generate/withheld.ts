import type { Operation } from '../../model/index.ts';

/**
 * Whether the TypeScript ext4 does not do yet what the model knows of this operation, so that no sequence has it: it keeps
 * the capabilities of a program that is written to, cut or given away.
 */
export const isWithheld = (operation: Operation): boolean =>
  operation.op === 'setxattr' && operation.name === 'security.capability';
