/** One operation of fsx, from an ops file or from the log that it prints. All numbers in bytes. */
export interface FsxEntry {
  /** In its file, counted from 1. */
  readonly line: number;
  /** As in an ops file: `write`, `punch_hole`, … */
  readonly name: string;
  readonly offset: number;
  /** Of truncate, the new size. */
  readonly length: number;
  /** Where copies go; 0 else. */
  readonly destination: number;
  readonly keepSize: boolean;
  readonly closeOpen: boolean;
}
