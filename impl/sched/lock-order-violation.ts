/** Taking a lock against the order, as lockdep would report it. */
export class LockOrderViolation extends Error {
  override readonly name = 'LockOrderViolation';
}
