import * as fc from 'fast-check';
import { hasFeature, type SetupFormat } from '../format.ts';
import { unusualFormats } from './formats.ts';
import {
  BLOCK_SIZES,
  canBeMapped,
  SMALLEST_BYTES,
  type BlockSize,
  type Setup,
  type SetupMount,
} from '../setup.ts';

/** Devices of ordinary size; what a run writes never fills them. */
const ROOMY_BYTES = [16 << 20, 32 << 20, 64 << 20];

export interface SetupChoices {
  /** Only this block size; any of the usual ones when absent. */
  readonly blockSize?: BlockSize | undefined;
  /** Only this format; when absent the usual one most often. */
  readonly format?: SetupFormat | undefined;
  /**
   * Unusual file systems only out of a small pool, another one for each number. A file system costs next to nothing but for
   * the first time that it is made.
   */
  readonly pool?: number | undefined;
  /** No format with one of these features. */
  readonly without?: readonly string[] | undefined;
  /** Whether files are mapped directly: sometimes, where they can be, always, or never. */
  readonly dax?: 'possible' | 'required' | undefined;
  /** After how many operations the whole tree may be looked at in the middle of the run; the usual ones when absent. */
  readonly inspectEvery?: readonly number[] | undefined;
  /** As the kernel does by default when absent. */
  readonly atime?: SetupMount['atime'] | undefined;
}

/** What a file system is made from. */
type SetupImage = Pick<Setup, 'blockSize' | 'sizeBytes' | 'inodes' | 'format'>;

/**
 * File systems to run sequences on: block size, mount options, and a device that is roomy, or in one of ten so small
 * that a run fills it, and with inodes enough, or in one of ten so few that they run out.
 */
export function setups(choices: SetupChoices = {}): fc.Arbitrary<Setup> {
  return images(choices)
    .chain((image) =>
      fc.record({
        inspectEvery: fc.oneof(
          { weight: 3, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: fc.constantFrom(...(choices.inspectEvery ?? INSPECT_EVERY)) },
        ),
        writesZeroes: fc.oneof(
          { weight: 3, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: fc.constant(true as const) },
        ),
        mount: mountsOf(image, choices),
        image: fc.constant(image),
      }),
    )
    .map(({ image, ...rest }) => withoutAbsent({ ...image, ...rest }));
}

/** In six of ten the usual format. */
function images({ dax, ...choices }: SetupChoices): fc.Arbitrary<SetupImage> {
  if (dax !== 'required') return anyImages(choices);
  return anyImages({ ...choices, blockSize: choices.blockSize ?? 4096 }).filter(canBeMapped);
}

function anyImages({ blockSize, format, pool, without = [] }: SetupChoices): fc.Arbitrary<SetupImage> {
  const sizes = blockSize === undefined ? BLOCK_SIZES : [blockSize];
  if (format !== undefined) return imagesWith(sizes, () => fc.constant(format));
  const unusual = imagesWith(sizes, unusualFormats).filter(
    (image) => !without.some((feature) => hasFeature(image.format, feature)),
  );
  return fc.oneof(
    { weight: 6, arbitrary: imagesWith(sizes, () => fc.constant(undefined)) },
    { weight: 4, arbitrary: pool === undefined ? unusual : poolOf(unusual, pool) },
  );
}

const POOL_SIZE = 12;

const poolOf = (unusual: fc.Arbitrary<SetupImage>, pool: number): fc.Arbitrary<SetupImage> =>
  fc.constantFrom(...fc.sample(unusual, { seed: pool, numRuns: POOL_SIZE }));

const imagesWith = (
  sizes: readonly BlockSize[],
  format: (blockSize: BlockSize) => fc.Arbitrary<SetupFormat | undefined>,
): fc.Arbitrary<SetupImage> =>
  fc
    .constantFrom(...sizes)
    .chain((blockSize) => format(blockSize).map((chosen) => ({ blockSize, format: chosen })))
    .chain(({ blockSize, format: chosen }) =>
      fc.record({
        blockSize: fc.constant(blockSize),
        sizeBytes: hasFeature(chosen, 'inline_data') ? roomySizes(blockSize) : deviceSizes(blockSize),
        inodes: fc.oneof(
          { weight: 9, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: fc.constant(FEW_INODES) },
        ),
        format: fc.constant(chosen),
      }),
    );

/** What mkfs rounds up to whole blocks of inode tables; eleven are reserved, and lost+found takes one of them. */
const FEW_INODES = 16;

/** Few, so that images are made seldom; the last group ends somewhere else with each. */
const ODD_PAGES = [1, 7, 22, 63];

/** Where in a sequence the whole tree is looked at, when it is. */
const INSPECT_EVERY = [8, 20, 32];

/**
 * With inline_data nothing else: the model does not know which contents lie in the inode, and so cannot say what a full
 * device must still take.
 */
const roomySizes = (blockSize: BlockSize): fc.Arbitrary<number> =>
  fc.constantFrom(...ROOMY_BYTES.map((bytes) => Math.max(bytes, SMALLEST_BYTES[blockSize])));

function deviceSizes(blockSize: BlockSize): fc.Arbitrary<number> {
  const least = SMALLEST_BYTES[blockSize];
  return fc.oneof(
    { weight: 7, arbitrary: roomySizes(blockSize) },
    { weight: 1, arbitrary: fc.constantFrom(least * 2, least * 3) },
    // Sizes that are no multiple of a block group, a folio or of anything else.
    { weight: 1, arbitrary: fc.constantFrom(...ODD_PAGES).map((pages) => least * 2 + 4096 * pages) },
    { weight: 1, arbitrary: fc.constantFrom(0, ...ODD_PAGES).map((pages) => least + 4096 * pages) },
  );
}

/** In one of eight, where it can be, without a page cache. */
function mountsOf(image: SetupImage, { atime = 'relatime', dax }: SetupChoices): fc.Arbitrary<SetupMount> {
  const journal = hasFeature(image.format, 'has_journal');
  const cached = mounts(atime, journal);
  if (dax === undefined || !canBeMapped(image)) return cached;
  const mapped = cached
    .filter(({ data }) => data !== 'journal')
    .map((mount): SetupMount => ({ ...mount, dax: true }));
  if (dax === 'required') return mapped;
  return fc.oneof({ weight: 7, arbitrary: cached }, { weight: 1, arbitrary: mapped });
}

/** The kernel's defaults in half of the runs. Without a journal there is nothing to say of data. */
function mounts(always: SetupMount['atime'], journal: boolean): fc.Arbitrary<SetupMount> {
  const atime = fc.constant(always);
  const ordered = fc.record({ delalloc: fc.boolean(), dioreadNolock: fc.boolean(), atime });
  const usual = fc.record({ delalloc: fc.constant(true), dioreadNolock: fc.constant(true), atime });
  if (!journal) return fc.oneof(usual, ordered);
  const other = fc.oneof(
    { weight: 6, arbitrary: ordered },
    { weight: 2, arbitrary: ordered.map((mount) => ({ ...mount, data: 'writeback' as const })) },
    { weight: 2, arbitrary: fc.constant({ ...JOURNALLED, atime: always }) },
  );
  return fc.oneof(usual, other);
}

/** data=journal goes with neither of the others. */
const JOURNALLED: SetupMount = { delalloc: false, dioreadNolock: false, atime: 'relatime', data: 'journal' };

function withoutAbsent({ inodes, inspectEvery, writesZeroes, format, ...rest }: Setup): Setup {
  return {
    ...(format !== undefined && { format }),
    ...(inodes !== undefined && { inodes }),
    ...(inspectEvery !== undefined && { inspectEvery }),
    ...(writesZeroes !== undefined && { writesZeroes }),
    ...rest,
  };
}
