/** A target that nobody knows. The message names those that there are. */
export class UnknownTarget extends Error {
  override readonly name = 'UnknownTarget';
}
