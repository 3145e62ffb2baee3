/** An option, or a combination of options, that makes no file system. */
export class MkfsError extends Error {
  override readonly name = 'MkfsError';
}
