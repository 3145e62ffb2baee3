import type { Unperformed } from '../../unperformed.ts';

/**
 * What the TypeScript ext4 is not asked for: direct I/O and memory that ends half-way, until the model permits that ENOSPC
 * comes before EINVAL and EFAULT, as it does in the kernel.
 */
export const UNPERFORMED: Unperformed = new Set(['open direct', 'fault', 'misaligned'] as const);
