import { InvalidArgumentError, Option, type Command } from 'commander';
import { randomBytes } from 'node:crypto';
import { lstatSync, renameSync, rmSync } from 'node:fs';
import { writeImage } from '../image-file.ts';
import { makeImage, type ImageRequest } from '../targets/typescript/image-maker.ts';
import { namingImage } from './image-errors.ts';
import { HASH_NAMES, type HashName } from '../hash-names.ts';
import { grouped, wholeNumber } from './numbers.ts';
import { EXIT, UsageError, type Terminal } from './terminal.ts';

interface MkfsCommandOptions {
  type?: 'ext2' | 'ext3' | 'ext4';
  size: number;
  blockSize: number;
  features?: string;
  label?: string;
  uuid?: Uint8Array;
  inodes?: number;
  inodeSize?: number;
  inodeRatio?: number;
  clusterSize?: number;
  journalBlocks?: number;
  reservedPercent?: number;
  blocksPerGroup?: number;
  groupsPerFlex?: number;
  descriptorSize?: number;
  hash?: HashName;
  unsignedHash?: true;
  force: boolean;
}

const EXAMPLES = `
Examples:
  twinpath image mkfs disk.img --size 256M
  twinpath image mkfs disk.img --size 64M --block-size 1024 --features ^metadata_csum,uninit_bg
  twinpath image mkfs disk.img --size 1T --label big

The image is a sparse file: it takes the room of what it holds. The same options and --uuid make the same image but for
the time of day. Features are those of mke2fs -O; ^ switches one off.`;

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };
const SIZE_MAX = 2 ** 50;
const UUID_BYTES = 16;
const DEFAULT_BLOCK_SIZE = 4096;

export function addMkfs(image: Command, terminal: Terminal, exit: (code: number) => void): void {
  image
    .command('mkfs')
    .summary('makes a new image')
    .description('Makes a new ext4 image, as mke2fs -t ext4 would.')
    .argument('<image>', 'the file to make')
    .requiredOption('--size <bytes>', 'size, with K, M, G or T for powers of 1024', size)
    .option('--block-size <bytes>', '1024 to 65536', wholeNumber(1024, 65_536), DEFAULT_BLOCK_SIZE)
    .option('--features <list>', 'changes of the features, as in mke2fs -O')
    .option('--label <text>', 'at most 16 bytes')
    .option('--uuid <uuid>', 'random when not given', uuid)
    .option('--inodes <n>', 'at least so many', wholeNumber(1, 2 ** 32 - 1))
    .option('--inode-size <bytes>', '128, 256 … up to a block', wholeNumber(128, 65_536))
    .option('--inode-ratio <bytes>', 'bytes of the device for each inode', wholeNumber(1024, 2 ** 26))
    .option('--cluster-size <bytes>', 'of bigalloc; 16 blocks when not given', wholeNumber(2048, 2 ** 29))
    .option('--journal-blocks <n>', 'blocks of the journal', wholeNumber(1024, 10_240_000))
    .option('--reserved-percent <n>', 'of the blocks, only for root', wholeNumber(0, 50))
    .option('--blocks-per-group <n>', 'a multiple of 8, from 256 on', wholeNumber(256, 524_288))
    .option('--groups-per-flex <n>', 'bitmaps and tables of so many together', wholeNumber(1, 2 ** 31))
    .option('--descriptor-size <bytes>', 'of a group, from 64 on', wholeNumber(64, 1024))
    .addOption(new Option('--type <type>', 'whose features it starts from').choices(['ext2', 'ext3', 'ext4']))
    .addOption(new Option('--hash <name>', 'of names in directories').choices(HASH_NAMES))
    .option('--unsigned-hash', 'hashed bytes have no sign')
    .option('--force', 'overwrite a file that is there', false)
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: MkfsCommandOptions) => exit(await mkfs(file, options, terminal)));
}

function size(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)(?:ib)?$/i.exec(text);
  const bytes = Number(match?.[1]) * (UNITS[(match?.[2] ?? '').toLowerCase()] ?? Number.NaN);
  if (bytes > 0 && bytes <= SIZE_MAX) return Math.floor(bytes / 1024) * 1024;
  throw new InvalidArgumentError('expected a size such as 65536K, 64M or 1.5G.');
}

function uuid(text: string): Uint8Array {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) {
    throw new InvalidArgumentError('expected a UUID such as 01234567-89ab-cdef-0123-456789abcdef.');
  }
  return Uint8Array.from(Buffer.from(text.replaceAll('-', ''), 'hex'));
}

function mkfs(file: string, options: MkfsCommandOptions, terminal: Terminal): Promise<number> {
  checkTarget(file, options.force);
  return namingImage(file, () => {
    const image = makeImage(requestOf(options));
    // Whoever looks finds no half an image, and whoever is interrupted keeps the old one.
    const temporary = `${file}.${process.pid}.tmp`;
    try {
      writeImage(image, temporary);
      renameSync(temporary, file);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    terminal.err(`${file}: ${grouped(image.sizeBytes / 2 ** 10)} KiB\n`);
    return EXIT.held;
  });
}

function checkTarget(file: string, force: boolean): void {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isFile()) throw new UsageError(`${file}: it is there and no regular file`);
  if (!force) throw new UsageError(`${file}: it is there already (--force overwrites it)`);
}

function requestOf(options: MkfsCommandOptions): ImageRequest {
  const { size: sizeBytes, features, ...others } = options;
  return {
    ...others,
    sizeBytes,
    uuid: options.uuid ?? newUuid(),
    hashSeed: newUuid(),
    now: Math.floor(Date.now() / 1000),
    ...(features !== undefined && { features: features.split(',').map((name) => name.trim()) }),
  };
}

/** A random UUID: version 4, variant 1 (RFC 9562). */
function newUuid(): Uint8Array {
  const bytes = Uint8Array.from(randomBytes(UUID_BYTES));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes;
}
