import { SMALLEST_BYTES, type BlockSize, type Setup, type SetupMount } from '../setup.ts';

/** A way of mounting, by the name that the command line has for it. */
export interface RaceMode {
  readonly name: string;
  readonly target: string;
  readonly mount: SetupMount;
  /** Whether that is how a file system is mounted when nobody says otherwise. */
  readonly isUsual: boolean;
}

const USUAL: SetupMount = { delalloc: true, dioreadNolock: true, atime: 'noatime' };

/** The address space operations that an inode can have, and how they are reached. */
export const RACE_MODES: readonly RaceMode[] = [
  { name: 'delalloc', target: 'impl:buffer_head', mount: USUAL, isUsual: true },
  { name: 'nodelalloc', target: 'impl:buffer_head', mount: { ...USUAL, delalloc: false }, isUsual: false },
  {
    name: 'dioread_lock',
    target: 'impl:buffer_head',
    mount: { ...USUAL, dioreadNolock: false },
    isUsual: false,
  },
  { name: 'journal', target: 'impl:buffer_head', mount: { ...USUAL, data: 'journal' }, isUsual: false },
  { name: 'iomap', target: 'impl:iomap', mount: USUAL, isUsual: true },
  { name: 'iomap-nodelalloc', target: 'impl:iomap', mount: { ...USUAL, delalloc: false }, isUsual: false },
];

/** The smallest file system of a mode: races need little room, and mounting a small one costs less. */
export const setupOf = ({ mount }: RaceMode, blockSize: BlockSize): Setup => ({
  blockSize,
  sizeBytes: SMALLEST_BYTES[blockSize],
  mount,
});
