import type { Operation, Outcome, RecoveredTree, Timestamp } from '../../model/index.ts';
import type { Setup } from '../setup.ts';
import type { DiskImage, SessionOptions } from '../target.ts';
import type { PowerCut } from './power-cut.ts';

/** What can be recorded while it works, and recover from what a power cut leaves. */
export interface CrashTarget {
  /** As the command line names it: `impl:iomap`. */
  readonly name: string;
  /** Makes a file system whose free blocks hold bytes that nobody wrote, and mounts it on a device that records. */
  start(setup: Setup, options: SessionOptions): CrashSession;
  /** The same for a program of which two calls may be under way at once. */
  startOverlapping(setup: Setup, options: SessionOptions): OverlappingCrashSession;
  /** Mounts what a power cut left, which recovers it, in place; reads everything, unmounts. Throws what the mount throws. */
  recover(image: DiskImage, setup: Setup, options: RecoveryOptions): Recovery;
  /** A file system as `start` mounts it: its free blocks hold bytes that nobody wrote. */
  fresh(setup: Setup): DiskImage;
  /** What somebody else has recorded who began with that image. */
  recording(start: DiskImage, writes: readonly RecordedWrite[]): DiskRecording;
  /** The image in a file. */
  load(path: string): DiskImage;
  /** What is where on a disk that nobody has recovered yet. */
  landmarks(image: DiskImage): Landmarks;
}

/** Names for what is written, for people. */
export interface Landmarks {
  /** What lies in these sectors: `inode 12 (/a)`, `commit block of transaction 5`. */
  name(sector: number, sectors: number): string;
}

export interface RecoveryOptions extends SessionOptions {
  /** Whether what recovery writes is recorded. */
  readonly recorded: boolean;
}

/** A call, and how many writes there had been when it returned. */
export interface ReturnedCall {
  readonly operation: Operation;
  readonly outcome: Outcome;
  readonly returned: number;
}

export interface CrashSession {
  /** Performs one operation. Whatever it throws means that the target broke. */
  apply(operation: Operation, now: Timestamp): Outcome;
  readonly recording: DiskRecording;
  /** Closes everything and unmounts: what that writes is recorded, too. */
  end(): void;
  /** Forgets a session in which the target broke. */
  abandon(): void;
}

/** A session in which a call need not wait for the one before it. */
export interface OverlappingCrashSession extends CrashSession {
  /** Performs two, the second from when the scheduler has gone on `turns` times with the first. */
  applyBoth(
    operations: readonly [Operation, Operation],
    now: Timestamp,
    turns: number,
  ): readonly ReturnedCall[];
}

export interface Recovery {
  readonly tree: RecoveredTree;
  /** What the target found wrong on the disk. */
  readonly complaint: string | null;
  /** The disk after it was unmounted. */
  readonly image: DiskImage;
  /** Null unless asked for. */
  readonly recording: DiskRecording | null;
}

/** A write as it was recorded. */
export interface RecordedWrite {
  readonly sector: number;
  /** Empty for a bare flush. */
  readonly data: Uint8Array;
  readonly preflush: boolean;
  readonly fua: boolean;
}

/** What was written, and what of it may be lost. */
export interface DiskRecording {
  readonly writes: readonly RecordedWrite[];
  /** So many writes before this point are durable. */
  durableAt(point: number, underWay?: boolean): number;
  /** The numbers of those that may be lost, in order. */
  volatileAt(point: number, underWay?: boolean): readonly number[];
  /** The disk that a power cut leaves. */
  disk(cut: PowerCut): DiskImage;
  /** Nobody will ask for another one. */
  release(): void;
}

/** A sector as it is before anybody writes to it: nobody can take it for anything else. */
export function staleSector(sector: number): Uint8Array {
  const bytes = new Uint8Array(512);
  const text = `stale sector ${sector} `;
  for (let index = 0; index < bytes.length; index++) bytes[index] = text.charCodeAt(index % text.length);
  return bytes;
}
