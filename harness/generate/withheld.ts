import type { OperationName } from '../../model/index.ts';

/** Operations, and ways of doing others, that sequences do without until every target performs them. */
export const WITHHELD: ReadonlySet<OperationName | 'rename-flags' | 'unnamed-files'> = new Set([]);
