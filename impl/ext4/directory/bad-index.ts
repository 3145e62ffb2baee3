import { Corruption } from '../../lib/corruption.ts';
import type { Inode } from '../inode/inode.ts';

/**
 * An index that cannot be used although its blocks can be read (ERR_BAD_DX_DIR). The names are all there for a linear scan,
 * so whoever only looks goes on without the index; for everybody else it is a Corruption like any other.
 */
export class BadIndex extends Corruption {}

/** The value of a field of an index block is impossible. `logical` is the block of the directory. */
export function badIndex(
  dir: Inode,
  logical: number,
  structure: string,
  field: string,
  found: number,
  expected: string,
): never {
  throw new BadIndex(`${structure} in block ${logical} of directory ${dir.ino}`, field, found, expected);
}
