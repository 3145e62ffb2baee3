import { FORMAT_DIMENSIONS } from '../generate/format-choices.ts';
import { hasFeature, type SetupFormat } from '../format.ts';
import { BLOCK_SIZES, DEFAULT_SETUP, LARGE_BLOCK_SIZES, SMALLEST_BYTES, type Setup } from '../setup.ts';
import type { ImageRecipe } from './corruption-case.ts';

/** With blocks of 1024 bytes these are three groups. */
const IMAGE_BYTES = 18 << 20;

/** Clusters are sixteen blocks: what fits into eighteen megabytes of blocks needs more of them. */
const CLUSTERED_BYTES = 64 << 20;

/** What belongs to a setup besides the usual. */
type Choice = Partial<Pick<Setup, 'blockSize' | 'sizeBytes' | 'format'>> & {
  readonly mount?: Partial<Setup['mount']>;
};

/** Together, what makes other structures, or leaves checksums away from them. */
const COMBINED: readonly Choice[] = [
  { blockSize: 1024, sizeBytes: CLUSTERED_BYTES, format: clustered() },
  { blockSize: 4096, sizeBytes: CLUSTERED_BYTES, format: clustered('inline_data', 'ea_inode') },
  { blockSize: 2048, sizeBytes: CLUSTERED_BYTES, format: clustered('^metadata_csum', '^has_journal') },
  { blockSize: 4096, format: { features: ['inline_data'] } },
  { blockSize: 2048, format: { features: ['inline_data', 'ea_inode'], inodeSize: 1024 } },
  { blockSize: 1024, format: { features: ['inline_data', '^metadata_csum'], inodeSize: 512 } },
  { blockSize: 1024, format: { features: ['ea_inode'] } },
  { blockSize: 4096, format: { features: ['ea_inode', '^metadata_csum', 'large_dir'] } },
  { blockSize: 1024, format: { features: ['large_dir', 'orphan_file', 'metadata_csum_seed'] } },
  { blockSize: 4096, format: { features: ['fast_commit'] } },
  { blockSize: 1024, format: { features: ['fast_commit', '^metadata_csum'] } },
  { blockSize: 2048, format: { features: ['^has_journal'] } },
  { blockSize: 1024, format: { type: 'ext2' } },
  { blockSize: 4096, format: { type: 'ext2', features: ['^dir_index'], inodeSize: 128 } },
  { blockSize: 1024, format: { features: ['^metadata_csum', '^extra_isize'], inodeSize: 128 } },
  { blockSize: 4096, format: { features: ['project'] } },
  { blockSize: 4096, mount: { data: 'journal' } },
  { blockSize: 1024, mount: { delalloc: false, dioreadNolock: false, data: 'writeback' } },
];

/** Sixteen blocks to a cluster. */
function clustered(...features: readonly string[]): SetupFormat {
  return { maker: 'mke2fs', features: ['bigalloc', ...features] };
}

/** Only tune2fs gives an image these features; the first image is a file system without them. */
const TUNED: readonly (readonly string[])[] = [
  ['quota'],
  ['project', 'quota'],
  ['mmp'],
  ['casefold'],
  ['encrypt'],
  ['verity'],
];

/**
 * Every kind of file system that is damaged: the usual one with blocks of each size, one for each choice of a format, and
 * some combinations; each unmounted, and as a power cut leaves it.
 */
export function allRecipes(): ImageRecipe[] {
  const usual = BLOCK_SIZES.map((blockSize) => setupOf({ blockSize }));
  const choices = FORMAT_DIMENSIONS.flatMap((dimension) => dimension.choices);
  const single = choices.map(({ format, blockSizeMin = 1024 }, index) => {
    const fitting = BLOCK_SIZES.filter((size) => size >= blockSizeMin);
    return setupOf({ format, blockSize: fitting[index % fitting.length] ?? 4096 });
  });
  const large = LARGE_BLOCK_SIZES.map((blockSize) => setupOf({ blockSize }));
  const tuned = TUNED.map((features, index): ImageRecipe => ({
    setup: setupOf({ blockSize: BLOCK_SIZES[index % BLOCK_SIZES.length] ?? 4096 }),
    ending: 'unmount',
    tuned: features,
  }));
  const setups = [...usual, ...single, ...large, ...COMBINED.map(setupOf)];
  return setups.flatMap((setup) => endings(setup)).concat(tuned);
}

const endings = (setup: Setup): ImageRecipe[] => [
  { setup, ending: 'unmount' },
  { setup, ending: 'power cut' },
];

function setupOf({ mount, ...choice }: Choice): Setup {
  const blockSize = choice.blockSize ?? DEFAULT_SETUP.blockSize;
  const usualBytes = hasFeature(choice.format, 'bigalloc') ? CLUSTERED_BYTES : IMAGE_BYTES;
  const sizeBytes = Math.max(usualBytes, SMALLEST_BYTES[blockSize]);
  return { ...DEFAULT_SETUP, sizeBytes, ...choice, mount: { ...DEFAULT_SETUP.mount, ...mount } };
}
