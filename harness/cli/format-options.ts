import { InvalidArgumentError, Option } from 'commander';
import type { SetupFormat } from '../format.ts';
import {
  ALL_BLOCK_SIZES,
  BLOCK_SIZES,
  DEFAULT_SETUP,
  readSetup,
  SetupError,
  SMALLEST_BYTES,
  type BlockSize,
} from '../setup.ts';
import { setupProblem } from '../targets/typescript/target.ts';
import { wholeNumber } from './numbers.ts';
import { UsageError } from './terminal.ts';

/** What a user may say about the file systems that sequences run on. */
export interface FormatOptions {
  readonly blockSize?: BlockSize;
  readonly features?: readonly string[];
  readonly inodeSize?: number;
}

export const blockSizeOption = (): Option =>
  new Option(
    '--block-size <bytes>',
    `only file systems with blocks of ${ALL_BLOCK_SIZES.join(', ')} bytes`,
  ).argParser((text) => {
    const found = ALL_BLOCK_SIZES.find((size) => String(size) === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`expected one of ${ALL_BLOCK_SIZES.join(', ')}.`);
  });

export const featuresOption = (): Option =>
  new Option(
    '--features <list>',
    'only file systems with these changes of features, as mke2fs -O takes them: orphan_file,^flex_bg',
  ).argParser((text) => text.split(',').map((word) => word.trim()));

export const inodeSizeOption = (): Option =>
  new Option('--inode-size <bytes>', 'only file systems with inodes of so many bytes').argParser(
    wholeNumber(128, 4096),
  );

/** The format that the options ask for; undefined when they leave it to the swarm. Throws UsageError. */
export function formatOf({ blockSize, features, inodeSize }: FormatOptions): SetupFormat | undefined {
  if (features === undefined && inodeSize === undefined) return undefined;
  const format = {
    ...(features !== undefined && { features }),
    ...(inodeSize !== undefined && { inodeSize }),
  };
  for (const size of blockSize === undefined ? BLOCK_SIZES : [blockSize]) {
    const problem = problemOf(size, format);
    if (problem !== null) throw new UsageError(`no file system with blocks of ${size} bytes: ${problem}`);
  }
  return format;
}

function problemOf(blockSize: BlockSize, format: SetupFormat): string | null {
  const setup = { ...DEFAULT_SETUP, blockSize, sizeBytes: SMALLEST_BYTES[blockSize] * 2, format };
  try {
    return setupProblem(readSetup(setup, 'the options'));
  } catch (error) {
    if (error instanceof SetupError) return error.message;
    throw error;
  }
}
