import type {
  Credentials,
  ModelOptions,
  Operation,
  Outcome,
  Path,
  SameTime,
  SpaceReport,
  Timestamp,
} from '../model/index.ts';
import type { MemoryPicture } from './memory-picture.ts';
import type { FailureSignature } from './failure.ts';
import type { DeviceTrouble, Setup } from './setup.ts';
import type { Unperformed } from './unperformed.ts';

/** What answers at once in-process, and only later elsewhere. Await it only when it is a promise (see `settled`). */
export type Awaitable<T> = T | Promise<T>;

/** Counts by table and by callback: what a target did inside, and what it never did; null where a table has no such callback. */
export type CallbackTable = Readonly<Record<string, Readonly<Record<string, number | null>>>>;

/** How often: by one thing and another. What is not there never was. */
export type CountTable = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** A whole disk as bytes: pages that hold data; all that lies between is zero. */
export interface DiskImage {
  readonly sizeBytes: number;
  /** In order of `offset`, in bytes; the pages of one extent lie one behind the other. */
  extents(): Iterable<{ readonly offset: number; readonly pages: readonly Uint8Array[] }>;
  /** The disk as it is now; later writes to either do not show in the other. */
  snapshot(): DiskImage;
  /** Fills `target` from a byte offset on; the range lies within the disk. */
  read(offset: number, target: Uint8Array): void;
  /** Nobody will use the image again, so its memory may serve another one. */
  release?(): void;
}

/** What of a target's answers says nothing, because nobody promises it. */
export type Uncompared = 'times' | 'directory links';

/** Whose images those of a target are, so that somebody else can check them. */
export type ImageFormat = 'ext4' | 'xfs' | 'btrfs';

/** What a target can do beside performing operations. */
export interface Capabilities {
  /** Its disk can be taken at any time, as a power cut would leave it with everything written so far. */
  readonly powerCut: boolean;
  /** It mounts the images that other targets made. */
  readonly images: boolean;
  /** What its images are, where that is not ext4: then setups are the usual ones, and statfs is not held against bitmaps. */
  readonly format?: ImageFormat;
  /** What it cannot perform. Nobody generates it for this target, and a case with it is unknown on it. */
  readonly unperformed: Unperformed;
  /** Its device can be mapped (`dax`): setups may ask for that, or for a target that does nothing else must. */
  readonly dax?: 'possible' | 'required';
  /** It mounts blocks that are larger than a page, on whatever machine it runs. */
  readonly largeBlocks?: true;
}

/** Something that can be tried. The TypeScript ext4 is two of them, one for each buffered I/O path. */
export interface Target {
  /** As the command line names it: `impl:iomap`. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /** What is different on the machine that it runs on from what a setup says; the model follows. */
  readonly traits?: Partial<ModelOptions>;
  /** Who calls at first, where that is not root: somebody who cannot become anybody else. */
  readonly caller?: Credentials | null;
  /** Makes a file system as the setup asks and mounts it. */
  start(setup: Setup, options: SessionOptions): Awaitable<Session>;
  /** Mounts a copy of an image that somebody made; recovers it when it was not unmounted. */
  mount(image: DiskImage, setup: Setup, options: SessionOptions): Awaitable<Session>;
  /** The same as `start`, on a device that goes wrong when it is told to; absent where nobody can tell one to. */
  startFailing?(setup: Setup, options: SessionOptions): Awaitable<FailingSession>;
  /** How often what is inside of it was used, by table and callback; in the end only. */
  callbacks?(): CallbackTable;
  /** How often each operation met a range of a file in each state (`hole`, `delayed+written`); in the end only. */
  rangeStates?(): CountTable;
  /** Ends whatever it keeps for its sessions. No session may be open. */
  close?(): Awaitable<void>;
}

/** A session on a device that goes wrong when it is told to. Nobody mounts it again: there would be nobody to answer. */
export interface FailingSession {
  readonly session: Session;
  /** What goes wrong from now on; nothing does any more when it is null. */
  begin(trouble: DeviceTrouble | null): void;
  /** Transfers that failed so far. */
  failed(): number;
  /** Where bytes begin that a block, or memory, held before anybody used it; null where there are none. */
  readonly findOldBytes: (bytes: Uint8Array) => number | null;
}

/** A target whose device can be told to go wrong. */
export type FailingTarget = Target & Required<Pick<Target, 'startFailing'>>;

/** Whether this is one. */
export const canFail = (target: Target): target is FailingTarget => target.startFailing !== undefined;

/** Thrown by a target that cannot be tried here, or not with this setup: nothing is known then, and nothing is wrong. */
export class TargetUnavailable extends Error {
  override readonly name = 'TargetUnavailable';
}

/** How a file system is started or mounted, beside its setup. */
export interface SessionOptions {
  /** Names of planted bugs (FAULTS of impl/) that are switched on. */
  readonly faults: readonly string[];
  /** The clock at the time of the mount. */
  readonly now: Timestamp;
  /** How a damaged image is treated, where that matters; the target's defaults else. */
  readonly policy?: MountPolicy;
}

/** The mount options of ext4(5) that say what may be done to an image. */
export interface MountPolicy {
  readonly readOnly: boolean;
  readonly errors: 'continue' | 'remount-ro';
}

/** A mounted file system and the descriptors that the operations so far have opened. */
export interface Session {
  /**
   * Performs one operation. Never throws for what a system call may answer; whatever is thrown means that the target
   * broke. The bytes of a `data` value are valid until the next call only.
   */
  apply(operation: Operation, now: Timestamp): Awaitable<Outcome>;
  /**
   * Says which operations will be asked for next, all of them and in this order, so that a session far away can perform
   * them ahead of being asked. Nothing else is asked in between but after a write that failed or fell short; whatever is told later
   * takes the place of all that has not been asked for.
   */
  foresee?(operations: readonly Operation[]): void;
  /** A number that two names share exactly when they are links to one file (st_ino). Follows no symbolic link. */
  identity(path: Path, now: Timestamp): Awaitable<number>;
  /** Free space, as statfs(2) gives it. */
  space(): Awaitable<SpaceReport>;
  /** Closes all descriptors and ends all mappings. */
  closeAll(): Awaitable<void>;
  /** The disk as a power cut at this moment leaves it when everything that was written has arrived. */
  powerCut(): Awaitable<DiskImage>;
  /** Closes all descriptors and unmounts; the session is over. Null when there is no disk of its own. */
  unmount(): Awaitable<DiskImage | null>;
  /** Forgets a session in which the target broke; nothing may be asked of it any more. */
  abandon(): void;
  /** Asserts what must hold in the target's memory between two operations; throws when it does not. */
  checkInvariants?(): Awaitable<void>;
  /** What the target has in memory, for a person; null where it cannot say. Looking may bring inodes into memory. */
  picture?(paths: readonly Path[], now: Timestamp): Awaitable<MemoryPicture | null>;
  /** What the target itself has to say about its last answer: what it found wrong on its disk. */
  complaint(): string | null;
  /** Why this failure of the target says nothing new, where that is known: a reviewed difference that was met on the way to it. */
  excuse?(failure: FailureSignature): string | null;
  /** What of its answers is not compared; all is when absent. */
  readonly uncompared?: ReadonlySet<Uncompared>;
  /** How its times compare with those that operations were told; exactly when absent. */
  readonly sameTime?: SameTime;
}

/** The value, awaited only when it must be: a promise for each step would cost more than many a step. */
export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return value instanceof Promise;
}
