import { assert } from '../../lib/assert.ts';

/** Stands in a table for what the kernel's has not, or has as something that does nothing: nobody has a folio to call it with. */
export function absent(): never {
  assert(false, 'a callback is called that its table does not have');
}
