import * as z from 'zod';
import { readJson } from '../read-json.ts';
import { setupSchema, type Setup } from '../setup.ts';
import type { Corruption } from './dissected-image.ts';

export const CORRUPTION_FORMAT = 'twinpath-corruption';
export const CORRUPTION_VERSION = 1;

/** Where the image comes from that is damaged. */
export type ImageRecipe =
  /** Made anew, filled, and then unmounted or left as a power cut leaves it. */
  | {
      readonly setup: Setup;
      readonly ending: 'unmount' | 'power cut';
      /** Features that tune2fs gives it at last; only to an unmounted one. */
      readonly tuned?: readonly string[];
    }
  /** Somebody else's. */
  | { readonly file: string };

/** What is known to be wrong with a case. */
export interface CorruptionFault {
  readonly kind: 'threw' | 'unnamed' | 'wrote on' | 'hang' | 'died';
  readonly detail: string;
}

/** An image, what is done to it, and how it is mounted afterwards: all that is needed to see a failure again. */
export interface CorruptionCase {
  readonly format: typeof CORRUPTION_FORMAT;
  readonly version: typeof CORRUPTION_VERSION;
  readonly image: ImageRecipe;
  readonly corruptions: readonly Corruption[];
  /** Whether the checksums around changed fields were made right again. */
  readonly seal: boolean;
  readonly target: string;
  readonly policy: { readonly readOnly: boolean; readonly errors: 'continue' | 'remount-ro' };
  /** Where the choices of whoever works on the image start. */
  readonly seed: number;
  readonly fault: CorruptionFault | null;
}

const TEXT_MAX = 1 << 20;
const corruption = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('field'),
    structure: z.string().max(TEXT_MAX),
    place: z.string().max(TEXT_MAX),
    field: z.string().max(TEXT_MAX),
    value: z.union([z.int().min(0), z.string().max(TEXT_MAX)]),
  }),
  z.strictObject({ kind: z.literal('bit'), offset: z.int().min(0), bit: z.int().min(0).max(7) }),
  z.strictObject({ kind: z.literal('block'), block: z.int().min(0), from: z.int().min(0).nullable() }),
]);

const schema = z.strictObject({
  format: z.literal(CORRUPTION_FORMAT),
  version: z.literal(CORRUPTION_VERSION),
  image: z.union([
    z.strictObject({
      setup: setupSchema,
      ending: z.literal(['unmount', 'power cut']),
      tuned: z.array(z.string().regex(/^[a-z0-9_]{2,32}$/)).exactOptional(),
    }),
    z.strictObject({ file: z.string().min(1) }),
  ]),
  corruptions: z.array(corruption).max(1000),
  seal: z.boolean(),
  target: z.string().min(1),
  policy: z.strictObject({ readOnly: z.boolean(), errors: z.literal(['continue', 'remount-ro']) }),
  seed: z.int(),
  fault: z
    .strictObject({
      kind: z.literal(['threw', 'unnamed', 'wrote on', 'hang', 'died']),
      detail: z.string().max(TEXT_MAX),
    })
    .nullable(),
});

/** A file that is no case, or one that cannot be used. The message says where. */
export class CorruptionCaseError extends Error {
  override readonly name = 'CorruptionCaseError';
}

/** Reads the text of a case file. `where` is its name, for the message. */
export function readCorruptionCase(text: string, where: string): CorruptionCase {
  return readJson(schema, text, where, CorruptionCaseError);
}

export const writeCorruptionCase = (value: CorruptionCase): string => `${JSON.stringify(value, null, 2)}\n`;
