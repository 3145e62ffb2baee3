import {
  anatomyOf,
  mount,
  type FileSystem,
  type MemoryDisk,
  type Part,
} from '../../../generated/impl/index.ts';
import type { Landmarks } from '../../crash/crash-target.ts';
import type { Path } from '../../../model/index.ts';
import { mappedRuns } from './mapped-runs.ts';

const SECTOR_BYTES = 512;

/** Of a block that holds many things, so many are named. */
const NAMES_MAX = 3;

interface Named {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

/** What the parts of a disk are, by their place. What lies in files is known when the disk can be mounted. */
export function landmarksOf(disk: MemoryDisk): Landmarks {
  const log = logNames(disk);
  const home = disk.snapshot();
  const paths = new Map<number, Path>();
  const files: Named[] = [];
  try {
    const fs = mount(home, { readOnly: true });
    nameFiles(fs, '.', '', paths, files);
    fs.unmount();
  } catch {
    // What is left is what stands on the disk as it is.
  }
  const parts = [...files, ...homeNames(home, paths)];
  const told = log.map((one): Named => ({ ...one, name: logName(one, parts) }));
  return {
    name(sector, sectors) {
      const start = sector * SECTOR_BYTES;
      const end = start + sectors * SECTOR_BYTES;
      return namesWithin(told, start, end) ?? namesWithin(parts, start, end) ?? `sectors from ${sector} on`;
    },
  };
}

/** A copy in the log is told by what it is a copy of. */
function logName({ name, start, end, home }: LogName, parts: readonly Named[]): string {
  if (home === null) return name;
  const from = home * SECTOR_BYTES;
  return `${name} (${namesWithin(parts, from, from + end - start) ?? 'nothing any more'})`;
}

function namesWithin(known: readonly Named[], start: number, end: number): string | null {
  const names = [
    ...new Set(known.filter((one) => one.start < end && one.end > start).map(({ name }) => name)),
  ];
  if (names.length === 0) return null;
  const more = names.length > NAMES_MAX ? ` and ${names.length - NAMES_MAX} more` : '';
  return `${names.slice(0, NAMES_MAX).join(', ')}${more}`;
}

function nameFiles(
  fs: FileSystem,
  directory: Path,
  prefix: Path,
  paths: Map<number, Path>,
  files: Named[],
): void {
  const nameBlocks = (path: Path, what: string): void => {
    const { blockSize } = fs.sb.geometry;
    for (const { logical, physical, length, state } of mappedRuns(fs, path)) {
      if (state === 'inline' || state === 'delayed') continue;
      for (let block = 0; block < length; block++) {
        const start = (physical + block) * blockSize;
        files.push({ start, end: start + blockSize, name: `${what} block ${logical + block} of /${path}` });
      }
    }
  };
  if (directory === '.') nameBlocks('.', 'directory');
  for (const { name, type } of fs.readdir(directory)) {
    const path = prefix + name;
    paths.set(fs.lstat(path).ino, path);
    if (type === 'file') nameBlocks(path, 'data');
    if (type !== 'directory') continue;
    nameBlocks(path, 'directory');
    nameFiles(fs, path, `${path}/`, paths, files);
  }
}

/** What the file system keeps of itself, at home. */
function homeNames(disk: MemoryDisk, paths: ReadonlyMap<number, Path>): Named[] {
  return anatomyOf(disk).flatMap((part) => {
    const name = homeName(part, paths);
    return name === null ? [] : [{ start: part.offset, end: part.offset + part.size, name }];
  });
}

function homeName({ structure, place }: Part, paths: ReadonlyMap<number, Path>): string | null {
  switch (structure) {
    case 'ext4_inode': {
      const path = paths.get(Number(place));
      return `inode ${place}${path === undefined ? '' : ` (/${path})`}`;
    }
    case 'ext4_super_block':
      return 'the superblock';
    case 'ext4_group_desc':
      return `group descriptor ${place}`;
    case 'block bitmap':
    case 'inode bitmap':
      return `${structure} of group ${place}`;
    case 'ext4_extent_header':
      return `extent tree ${place.replace(/, byte.*$/, '')}`;
    case 'ext4_xattr_header':
      return 'extended attributes';
    case 'ext4_orphan_block_tail':
      return 'the orphan file';
    case 'symlink target':
      return `symlink target of ${place}`;
    default:
      return null;
  }
}

interface LogName extends Named {
  /** The first sector of the block that this one is a copy of; null for what is no copy. */
  readonly home: number | null;
}

/** The blocks of the log, as the disk has them before recovery. */
function logNames(disk: MemoryDisk): LogName[] {
  const names: LogName[] = [];
  const blockSize = 1024 << numberAt(disk, 1024 + 0x18, true);
  let sequence = 0;
  let home = 0;
  for (const { structure, place, offset } of anatomyOf(disk)) {
    const block = offset - (offset % blockSize);
    const add = (name: string, copied: number | null = null): void => {
      names.push({ start: block, end: block + blockSize, name, home: copied });
    };
    switch (structure) {
      case 'journal_superblock_s':
        add("the journal's superblock");
        break;
      case 'journal_header_s':
        sequence = numberAt(disk, offset + 8, false);
        add(`descriptor block of transaction ${sequence}`);
        break;
      case 'journal_block_tag_s':
      case 'journal_block_tag3_s':
        home = numberAt(disk, offset, false);
        break;
      case 'logged block':
        add(`logged block ${home} of transaction ${sequence}`, home * (blockSize / SECTOR_BYTES));
        break;
      case 'jbd2_journal_revoke_header_s':
        add(`revoke block of transaction ${numberAt(disk, offset + 8, false)}`);
        break;
      case 'commit_header':
        add(`commit block of transaction ${numberAt(disk, offset + 8, false)}`);
        break;
      case 'ext4_fc_tl':
        add(`fast commit block ${/block (\d+)/.exec(place)?.[1] ?? ''}`);
        break;
      default:
        break;
    }
  }
  return names;
}

function numberAt(disk: MemoryDisk, offset: number, littleEndian: boolean): number {
  const bytes = new Uint8Array(4);
  disk.read(offset, bytes);
  return new DataView(bytes.buffer).getUint32(0, littleEndian);
}
