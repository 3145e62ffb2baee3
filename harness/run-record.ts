import { release } from 'node:os';
import * as z from 'zod';
import { readJson } from './read-json.ts';
import { STAGES } from './stage-clock.ts';

export const RUN_FORMAT = 'twinpath-run';
export const RUN_VERSION = 1;

const text = z.string();
const count = z.number().min(0);
const counts = z.record(text, count);
const table = z.record(text, counts);

const findingSchema = z.object({
  id: text.describe('The folder of the case below cases/.'),
  kind: text.describe(
    'Who noticed it: result, tree, e2fsck, space, recovery, crash-of-target, complaint, hang, or a kind of the verb.',
  ),
  target: text.describe('The target it is of; empty where that means nothing.'),
  operation: text.nullable().describe('The operation that answered wrongly, where one did.'),
  detail: text.describe('Coarse and stable: equal for equal bugs.'),
  summary: text.describe('One sentence.'),
  foundWith: count.describe('Operations when it was found.'),
  operations: count.describe('Operations of the smallest case so far.'),
  shrinkRuns: count.describe('Candidates that were run to make it smaller.'),
  times: count.describe('How often it was met.'),
  note: text.nullable().describe('What else there is to say: the race, the strategy.'),
});

const coverageSchema = z
  .object({
    coverage: table.describe('By operation and answer: `ok` or an errno.'),
    possible: z.record(text, z.array(text)).describe('What each operation can answer.'),
    ways: z
      .record(text, z.record(text, count.nullable()))
      .describe('By operation, and ways of it that had success, then by target; null where that cannot.'),
    callbacks: z
      .record(text, z.record(text, count.nullable()))
      .describe('By table and callback; null where a table has none.'),
    sizes: z.record(text, table).describe('By kind of transfer, length and alignment to blocks.'),
    rangeStates: table.describe('By operation and state of the range of the file before.'),
    formats: table.describe('Sequences by question and answer about the format.'),
  })
  .partial();

const runSchema = z
  .object({
    format: z.literal(RUN_FORMAT),
    version: z.literal(RUN_VERSION),
    verb: text.describe('What ran: check, kernel, race, corrupt, bench, properties.'),
    startedAt: z.iso.datetime().describe('When it began, in UTC.'),
    endedAt: z.iso.datetime().nullable().describe('Null while it runs, and when it was killed.'),
    outcome: z
      .enum(['held', 'found', 'unknown', 'nothing', 'interrupted'])
      .nullable()
      .describe(
        'Held: all was judged and nothing found. Unknown: something could not be judged. Nothing: nothing ran.',
      ),
    exitCode: z.int().nullable(),
    versions: z.object({
      twinpath: text,
      node: text,
      e2fsck: text.nullable().describe('Null when images were not checked.'),
      kernel: text.describe('Of the machine, as uname -r says.'),
    }),
    seed: z.int().nullable(),
    targets: z.array(text),
    faults: z.array(text).describe('Bugs that were planted.'),
    again: text.nullable().describe('The command that does the same again.'),
    options: z.json().describe('What was asked for, as the verb keeps it.'),
    elapsedMs: count.nullable(),
    counts: counts.describe('What was done: sequences, operations, images, schedules.'),
    unknown: counts.describe('Why something could not be judged, and how often.'),
    notes: z.array(text).describe('What a reader must know to judge the outcome.'),
    findings: z.array(findingSchema),
    coverage: coverageSchema,
    spent: z.partialRecord(z.enum(STAGES), count).describe('Milliseconds of the driving thread by stage.'),
    answers: counts.describe('What damaged images answered.').exactOptional(),
  })
  .meta({ title: 'A run of twinpath', description: 'run.json in the folder of a run.' });

/** A failure as a run remembers it. The case lies in `cases/<id>/`. */
export type FindingRecord = Readonly<z.infer<typeof findingSchema>>;

/** `run.json`: what was asked, on which versions, and in the end what came of it. */
export type RunRecord = Readonly<z.infer<typeof runSchema>>;

/** What a run says of itself before it begins. */
export interface RunHead {
  readonly verb: string;
  readonly seed: number | null;
  readonly targets: readonly string[];
  readonly faults: readonly string[];
  readonly again: string | null;
  /** Plain data. */
  readonly options: unknown;
  readonly twinpath: string;
  readonly e2fsck: string | null;
}

/** The record of a run that begins now. */
export const begunRun = ({ twinpath, e2fsck, ...head }: RunHead, now: Date): RunRecord => ({
  format: RUN_FORMAT,
  version: RUN_VERSION,
  ...head,
  targets: [...head.targets],
  faults: [...head.faults],
  options: JSON.parse(JSON.stringify(head.options)) as RunRecord['options'],
  startedAt: now.toISOString(),
  endedAt: null,
  outcome: null,
  exitCode: null,
  versions: { twinpath, node: process.version, e2fsck, kernel: release() },
  elapsedMs: null,
  counts: {},
  unknown: {},
  notes: [],
  findings: [],
  coverage: {},
  spent: {},
});

/** What is known in the end. */
export type RunEnd = Pick<RunRecord, 'outcome' | 'exitCode'> &
  Partial<
    Pick<
      RunRecord,
      'elapsedMs' | 'counts' | 'unknown' | 'notes' | 'findings' | 'coverage' | 'spent' | 'answers'
    >
  >;

export const endedRun = (run: RunRecord, end: RunEnd, now: Date): RunRecord => ({
  ...run,
  ...end,
  endedAt: now.toISOString(),
});

/** A run.json that is none. The message says where. */
export class RunError extends Error {
  override readonly name = 'RunError';
}

/** Reads the text of a run.json. `where` is its name, for the message. */
export function readRun(json: string, where: string): RunRecord {
  return readJson(runSchema, json, where, RunError);
}

/** The JSON Schema of run.json, as it is published. */
export const runJsonSchema = (): object => ({
  $id: `https://twinpath.invalid/run-${RUN_VERSION}.schema.json`,
  ...z.toJSONSchema(runSchema, { target: 'draft-2020-12' }),
});
