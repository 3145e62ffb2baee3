/** What is wrong on a disk: which structure, which field, and the numbers. */
export interface Finding {
  /** The kernel's name of the structure, with its place: `ext4_inode 12`, `ext4_group_desc 0`. */
  readonly structure: string;
  readonly field: string;
  readonly found: number | string;
  readonly expected: string;
}

/**
 * An image that breaks a rule of the format. The kernel answers EFSCORRUPTED (EUCLEAN) or EFSBADCRC (EBADMSG); a system
 * call that meets one fails with EUCLEAN and keeps this as the reason.
 */
export class Corruption extends Error {
  override readonly name = 'Corruption';
  readonly finding: Finding;

  constructor(structure: string, field: string, found: number | string, expected: string) {
    super(`${structure}: ${field} is ${found}, expected ${expected}`);
    this.finding = { structure, field, found, expected };
  }
}

/** A mount that is refused: the image may be sound, but this implementation may not touch it. */
export class MountRefused extends Error {
  override readonly name = 'MountRefused';
}
