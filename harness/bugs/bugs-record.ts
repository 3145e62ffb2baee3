import * as z from 'zod';
import { readJson } from '../read-json.ts';
import { RunError } from '../run-record.ts';

export const BUGS_FORMAT = 'twinpath-bugs';
export const BUGS_VERSION = 1;

/** The name of the file in the folder of a run of `twinpath bugs`. */
export const BUGS_FILE = 'bugs.json';

const text = z.string();
const count = z.number().min(0);

const huntedSchema = z.object({
  seed: z.int(),
  judge: text.nullable().describe('Which judge saw it: a kind of failure; null when none did.'),
  detail: text.nullable(),
  tried: count.describe('Operations, schedules of races or states after power cuts, until then.'),
  cpuMs: count.describe('Milliseconds of processor time until then.'),
  foundWith: count.nullable().describe('Operations of the case as it was found.'),
  shrunkTo: count.nullable().describe('Operations of the smallest case; null when that is not known.'),
  caseFile: text.nullable(),
  failsUnplanted: z
    .boolean()
    .default(false)
    .describe('Whether that case fails with nothing planted as well: it says nothing of the bug then.'),
});

const spreadSchema = z.object({ median: count, p90: count }).nullable().describe('Null of nothing.');

const figuresSchema = z.object({
  found: count.describe('Hunts that found something.'),
  of: count,
  judges: z.array(text).describe('Who saw it, each once.'),
  tried: spreadSchema,
  cpuMs: spreadSchema,
  largest: count.nullable().describe('Operations of the largest shrunk case; null when none was shrunk.'),
  shrunk: count.describe('Cases that were made smaller, or could not be.'),
  small: count.describe(
    'Those of them with at most half as many operations again as the smallest known, and one more.',
  ),
});

const scoreSchema = z.object({
  id: text,
  fault: text.describe('The name of the switch.'),
  source: text,
  mechanism: text,
  hunter: z.enum(['check', 'race', 'crash']).describe('The verb whose judges see it.'),
  needs: z.array(text),
  known: count.describe('Operations of the smallest sequence that is known.'),
  hunts: z.array(huntedSchema).describe('One for each seed.'),
  control: z
    .array(huntedSchema)
    .describe('The same with the generator like fsx; empty when it was not asked.'),
  figures: figuresSchema.describe('What the hunts come to.'),
  controlFigures: figuresSchema,
  exports: z
    .array(z.enum(['fsx', 'xfs_io']))
    .nullable()
    .describe('Which of the two can show the smallest case; null when nothing was found.'),
});

const recordSchema = z.object({
  format: z.literal(BUGS_FORMAT),
  version: z.literal(BUGS_VERSION),
  scores: z.array(scoreSchema),
  unplanted: z
    .array(huntedSchema.extend({ hunter: text }))
    .describe('Hunts for which nothing was planted: nothing should be found.'),
  summary: z.array(text).describe('What all of it comes to, in sentences.'),
  impossible: z
    .array(z.object({ id: text, source: text, mechanism: text, why: text }))
    .describe('Bugs that our design leaves no room for.'),
});

/** What came of one hunt. */
export type Hunted = Readonly<z.infer<typeof huntedSchema>>;

/** What one bug came to, over all seeds. */
export type Score = Readonly<z.infer<typeof scoreSchema>>;

/** Hunts of one bug, as figures. */
export type Figures = Score['figures'];

/** `bugs.json`: what `twinpath bugs` has measured so far. */
export type BugsRecord = Readonly<z.infer<typeof recordSchema>>;

/** What is measured, before it is written down. */
export type BugsMeasured = Omit<BugsRecord, 'format' | 'version'>;

export const bugsText = (measured: BugsMeasured): string =>
  `${JSON.stringify({ format: BUGS_FORMAT, version: BUGS_VERSION, ...measured }, null, 2)}\n`;

/** Reads the text of a bugs.json; RunError, which says where, when it is none. */
export function readBugs(json: string, where: string): BugsRecord {
  return readJson(recordSchema, json, where, RunError);
}
