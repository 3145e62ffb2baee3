import {
  FIEMAP_EXTENT_DATA_INLINE,
  FIEMAP_EXTENT_DELALLOC,
  FIEMAP_EXTENT_UNWRITTEN,
  type FiemapExtent,
  type FileSystem,
} from '../../../generated/impl/index.ts';
import type { MappedRun } from '../../image/image-view.ts';

/** What the flags of FIEMAP say of an extent. */
export function stateOf({ flags }: FiemapExtent): MappedRun['state'] {
  if (flags & FIEMAP_EXTENT_DATA_INLINE) return 'inline';
  if (flags & FIEMAP_EXTENT_DELALLOC) return 'delayed';
  return flags & FIEMAP_EXTENT_UNWRITTEN ? 'unwritten' : 'written';
}

/** The blocks of a file or directory up to its end, in as few runs as they make. Follows no symbolic link. */
export function mappedRuns(fs: FileSystem, path: string): MappedRun[] {
  const { blockSize } = fs.sb.geometry;
  const fd = fs.open(path, { access: 'read', nofollow: true });
  try {
    const { size } = fs.fstat(fd);
    if (size === 0) return [];
    const runs: MappedRun[] = [];
    for (const extent of fs.fiemap(fd, 0, size)) join(runs, runOf(extent, blockSize));
    return cutAt(runs, Math.ceil(size / blockSize));
  } finally {
    fs.close(fd);
  }
}

/** Contents in the inode stand for one block, which is nowhere. */
function runOf(extent: FiemapExtent, blockSize: number): MappedRun {
  const state = stateOf(extent);
  if (state === 'inline') return { logical: 0, physical: 0, length: 1, state };
  const { logical, physical, length } = extent;
  return {
    logical: logical / blockSize,
    physical: physical / blockSize,
    length: length / blockSize,
    state,
  };
}

function join(runs: MappedRun[], run: MappedRun): void {
  const last = runs.at(-1);
  const continues =
    last?.state === run.state &&
    last.logical + last.length === run.logical &&
    (run.state === 'delayed' || last.physical + last.length === run.physical);
  if (continues) runs[runs.length - 1] = { ...last, length: last.length + run.length };
  else runs.push(run);
}

/** Extents are told of whole, also where they reach out of the range. */
const cutAt = (runs: readonly MappedRun[], end: number): MappedRun[] =>
  runs.map((run) => ({ ...run, length: Math.min(run.length, end - run.logical) }));
