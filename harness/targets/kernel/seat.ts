import type { DiskImage } from '../../target.ts';
import type { Performer } from './performer.ts';

/** Where one session sits: a performer that stands in a file system, and the disk below it. */
export interface Seat {
  readonly performer: Performer;
  /** The disk, when it has one of its own and is not mounted. */
  disk(): Promise<DiskImage | null>;
  /** The session is over and nothing broke: the next one may sit here. */
  release(): void;
  /** The performer broke: it is ended, and whatever it leaves is taken away. */
  destroy(): void;
}

/** What the performer is told to stand in. */
export type Place =
  | { readonly kind: 'folder'; readonly folder: string }
  | ({ readonly kind: 'loop'; readonly image: string } & MountedPlace)
  | ({ readonly kind: 'device'; readonly device: string } & MountedPlace)
  /** What is written to the device is written down on the other one (write-log.ts). */
  | ({ readonly kind: 'recorded'; readonly device: string; readonly log: string } & MountedPlace);

interface MountedPlace {
  readonly folder: string;
  /** The file system: `ext4`. */
  readonly type: string;
  /** Words of mount(8). */
  readonly options: readonly string[];
}

/** A seat for an image: its file on this machine, and what a performer mounts to get at it. */
export interface ImageSeat extends Seat {
  /** Puts an image into the file below. */
  load(image: DiskImage): void;
  place(type: string, options: readonly string[]): Place;
}

/** Somewhere a kernel runs. */
export interface Machine {
  /** Throws TargetUnavailable where there is none, or none of this size. */
  seat(sizeBytes: number): Promise<ImageSeat>;
  close(): Promise<void>;
}
