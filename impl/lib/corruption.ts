/** What is wrong on a disk: which structure, which field, and the numbers. */
export interface Finding {
  /** The kernel's name of the structure, with its place: `ext4_inode 12`, `ext4_group_desc 0`. */
  readonly structure: string;
  readonly field: string;
  readonly found: number | string;
  readonly expected: string;
}

/** What a call answers that meets damage: EFSCORRUPTED, or EFSBADCRC where a checksum does not hold. */
export type DamageErrno = 'EUCLEAN' | 'EBADMSG';

/** An image that breaks a rule of the format. A system call that meets one fails with its errno and keeps it as the reason. */
export class Corruption extends Error {
  override readonly name = 'Corruption';
  readonly errno: DamageErrno = 'EUCLEAN';
  readonly finding: Finding;

  constructor(structure: string, field: string, found: number | string, expected: string) {
    super(`${structure}: ${field} is ${found}, expected ${expected}`);
    this.finding = { structure, field, found, expected };
  }
}

/** A checksum that is not that of its structure. What is checked first, as in the kernel, says which of the two damage is. */
export class BadChecksum extends Corruption {
  override readonly errno = 'EBADMSG';
}

/** A mount that is refused: the image may be sound, but this implementation may not touch it. */
export class MountRefused extends Error {
  override readonly name = 'MountRefused';
}
