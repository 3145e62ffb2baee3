import type { Unperformed } from '../../unperformed.ts';

/**
 * What the TypeScript ext4 is not asked for: direct I/O, until a write that must not wait answers EOPNOTSUPP before EPERM where
 * journalled data makes it go through the page cache of an immutable file, as ext4_buffered_write_iter does.
 */
export const UNPERFORMED: Unperformed = new Set(['open direct'] as const);
