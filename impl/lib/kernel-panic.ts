/** errors=panic: the machine would have stopped here. The file system is of no use any more. */
export class KernelPanic extends Error {
  override readonly name = 'KernelPanic';
}
