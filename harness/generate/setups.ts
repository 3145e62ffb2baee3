import * as fc from 'fast-check';
import type { SetupFormat } from '../format.ts';
import { formats } from './formats.ts';
import { BLOCK_SIZES, SMALLEST_BYTES, type BlockSize, type Setup, type SetupMount } from '../setup.ts';

/** Devices of ordinary size; what a run writes never fills them. */
const ROOMY_BYTES = [16 << 20, 32 << 20, 64 << 20];

export interface SetupChoices {
  /** Only this block size; any of the usual ones when absent. */
  readonly blockSize?: BlockSize | undefined;
  /** Only this format; when absent the usual one most often. */
  readonly format?: SetupFormat | undefined;
}

/**
 * File systems to run sequences on: block size, mount options, and a device that is roomy, or in one of ten so small
 * that a run fills it, and with inodes enough, or in one of ten so few that they run out.
 */
export function setups(choices: SetupChoices = {}): fc.Arbitrary<Setup> {
  const sizes = choices.blockSize === undefined ? BLOCK_SIZES : [choices.blockSize];
  return fc
    .constantFrom(...sizes)
    .chain((blockSize) =>
      fc.record({
        blockSize: fc.constant(blockSize),
        sizeBytes: deviceSizes(blockSize),
        inodes: fc.oneof(
          { weight: 9, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: fc.constant(FEW_INODES) },
        ),
        inspectEvery: fc.oneof(
          { weight: 3, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: fc.constantFrom(...INSPECT_EVERY) },
        ),
        mount: mounts(),
        format: choices.format === undefined ? formats(blockSize) : fc.constant(choices.format),
      }),
    )
    .map(withoutAbsent);
}

/** What mkfs rounds up to whole blocks of inode tables; eleven are reserved, and lost+found takes one of them. */
const FEW_INODES = 16;

/** Few, so that images are made seldom; the last group ends somewhere else with each. */
const ODD_PAGES = [1, 7, 22, 63];

/** Where in a sequence the whole tree is looked at, when it is. */
const INSPECT_EVERY = [8, 20, 32];

function deviceSizes(blockSize: BlockSize): fc.Arbitrary<number> {
  const least = SMALLEST_BYTES[blockSize];
  return fc.oneof(
    { weight: 7, arbitrary: fc.constantFrom(...ROOMY_BYTES.map((bytes) => Math.max(bytes, least))) },
    { weight: 1, arbitrary: fc.constantFrom(least * 2, least * 3) },
    // Sizes that are no multiple of a block group, a folio or of anything else.
    { weight: 1, arbitrary: fc.constantFrom(...ODD_PAGES).map((pages) => least * 2 + 4096 * pages) },
    { weight: 1, arbitrary: fc.constantFrom(0, ...ODD_PAGES).map((pages) => least + 4096 * pages) },
  );
}

/** The kernel's defaults in half of the runs. */
function mounts(): fc.Arbitrary<SetupMount> {
  const atime = fc.constant<'relatime'>('relatime');
  return fc.oneof(
    fc.record({ delalloc: fc.constant(true), dioreadNolock: fc.constant(true), atime }),
    fc.record({ delalloc: fc.boolean(), dioreadNolock: fc.boolean(), atime }),
  );
}

function withoutAbsent({ inodes, inspectEvery, format, ...rest }: Setup): Setup {
  return {
    ...rest,
    ...(format !== undefined && { format }),
    ...(inodes !== undefined && { inodes }),
    ...(inspectEvery !== undefined && { inspectEvery }),
  };
}
