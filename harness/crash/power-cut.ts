import * as z from 'zod';

/** A write of which a power cut left nothing, or not all. */
export interface LostWrite {
  /** Its number among all writes since the mount, from 0. */
  readonly write: number;
  /** Sectors of 512 bytes [from, to) of it that did not arrive; all when absent. */
  readonly torn?: readonly (readonly [number, number])[] | undefined;
}

/** A moment at which the power went, and what had not reached the medium by then. */
export interface PowerCut {
  /** So many writes had been submitted since the mount, those of the mount among them. */
  readonly point: number;
  /** The last of them had not ended, so that neither its flush nor its FUA says anything. */
  readonly underWay?: true | undefined;
  readonly lost: readonly LostWrite[];
}

/** What is examined: a power cut, and perhaps another one while a mount recovers from it. */
export interface CrashState {
  readonly cut: PowerCut;
  readonly again?: PowerCut | undefined;
}

const WRITES_MAX = 10_000_000;
const LOST_MAX = 100_000;

const number = z.int().min(0).max(WRITES_MAX);

const cutSchema = z.strictObject({
  point: number,
  underWay: z.literal(true).exactOptional(),
  lost: z
    .array(
      z.strictObject({
        write: number,
        torn: z
          .array(z.tuple([number, number]))
          .max(LOST_MAX)
          .exactOptional(),
      }),
    )
    .max(LOST_MAX),
});

export const stateSchema = z.strictObject({ cut: cutSchema, again: cutSchema.exactOptional() });

/** How many writes are lost or torn, in both cuts. */
export const lostIn = ({ cut, again }: CrashState): number => cut.lost.length + (again?.lost.length ?? 0);
