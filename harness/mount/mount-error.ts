import { constants } from 'node:os';

/** Why an image cannot be mounted, or unmounted: a sentence for the user. */
export class MountError extends Error {
  override readonly name = 'MountError';
}

/** The name of an errno that a system call has answered. */
export function errnoName(errno: number): string {
  const known = Object.entries(constants.errno).find(([, number]) => number === errno);
  return known?.[0] ?? `error ${errno}`;
}

/** The name of the errno in what node:fs throws. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
