import type { Lap } from '../contest.ts';
import type { FileCalls } from '../file-calls.ts';
import { timed } from '../pieces.ts';

export interface Files {
  readonly files: number;
  /** How many directories they lie in; one is `root` itself. */
  readonly directories: number;
  /** The path of a directory that is there and empty, without a slash at its end. */
  readonly root: string;
}

/** One listing of few files is over so soon that the collector's turn, which comes somewhere, is all that is measured. */
const NAMES_LISTED = 100_000;

/** The package ext2fs gives back no memory that a listing took, and has little. */
const LISTINGS_MAX = 20;

/** How often so many files are listed. */
export const listingsOf = (files: number): number => Math.min(LISTINGS_MAX, Math.ceil(NAMES_LISTED / files));

/** Makes empty files, asks after each, lists their directories, gives each another name, and removes all. */
export function directoryRound(
  fs: FileCalls,
  where: string,
  { files, directories, root }: Files,
): readonly Lap[] {
  const folders =
    directories === 1 ? [root] : Array.from({ length: directories }, (_, index) => `${root}/d${index}`);
  const pathOf = (prefix: string) => (_: unknown, index: number) =>
    `${folders[index % folders.length]}/${prefix}${index}`;
  const paths = Array.from({ length: files }, pathOf('file'));
  const renamed = Array.from({ length: files }, pathOf('renamed'));
  const laps: Lap[] = [];
  const lap = (verb: string, work: () => void, times = 1): void =>
    void laps.push({ workload: `${verb}, ${where}`, amount: files * times, ms: timed(work) });
  const listings = listingsOf(files);
  if (directories > 1) for (const folder of folders) fs.mkdir(folder);
  lap('create', () => {
    for (const path of paths) fs.close(fs.open(path, { access: 'write', create: true, exclusive: true }));
  });
  lap('stat', () => {
    for (const path of paths) fs.stat(path);
  });
  const list = (): void => {
    for (let times = 0; times < listings; times++)
      for (const folder of folders) fs.readdir(folder === '' ? '/' : folder);
  };
  lap('readdir', list, listings);
  lap('rename', () => {
    for (let index = 0; index < files; index++) fs.rename(paths[index] ?? '', renamed[index] ?? '');
  });
  lap('unlink', () => {
    for (const path of renamed) fs.unlink(path);
  });
  if (directories > 1) for (const folder of folders) fs.rmdir(folder);
  fs.sync();
  return laps;
}
