import type { FileSystem } from '../../../generated/impl/index.ts';
import type { MappingName, Operation, Outcome } from '../../../model/index.ts';
import { contentBytes } from '../../content.ts';
import type { ReadBuffer } from '../read-buffer.ts';
import { counted, data, DONE } from './outcomes.ts';

type MemoryOperation = Extract<Operation, { op: 'mmap' | 'munmap' | 'load' | 'store' | 'msync' }>;

/** A mapping that no mmap ever made: EINVAL, as for an address where nothing is mapped. */
const NO_MAPPING = -1;

/** The mappings that operations have made, by the names that they gave them. */
export class MemoryOperations {
  readonly #mappings = new Map<MappingName, number>();

  /** `fd` is the descriptor of the handle of mmap. */
  perform(fs: FileSystem, operation: MemoryOperation, fd: number, reads: ReadBuffer): Outcome {
    if (operation.op === 'mmap') return this.#map(fs, operation, fd);
    const id = this.#mappings.get(operation.mapping) ?? NO_MAPPING;
    switch (operation.op) {
      case 'munmap':
        fs.munmap(id);
        this.#mappings.delete(operation.mapping);
        return DONE;
      case 'load': {
        const target = reads.take(operation.length);
        return data(target, fs.load(id, operation.offset, target));
      }
      case 'store':
        return counted(fs.store(id, operation.offset, contentBytes(operation.content)));
      case 'msync':
        fs.msync(id, operation.offset, operation.length, operation.mode);
        return DONE;
    }
  }

  /** A name that is in use is refused as the model refuses it: the system call itself has no notion of names. */
  #map(fs: FileSystem, operation: Extract<Operation, { op: 'mmap' }>, fd: number): Outcome {
    const { as: name, offset, length, sharing, access } = operation;
    if (this.#mappings.has(name)) return { ok: false, errno: 'EBADF' };
    this.#mappings.set(name, fs.mmap(fd, offset, length, { sharing, access }));
    return DONE;
  }

  unmapAll(fs: FileSystem): void {
    for (const id of this.#mappings.values()) fs.munmap(id);
    this.#mappings.clear();
  }
}
