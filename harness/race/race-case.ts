import * as z from 'zod';
import { operationSchema } from '../operation-schema.ts';
import { readJson } from '../read-json.ts';
import { setupSchema } from '../setup.ts';
import { RACE_FAILURES, type RaceFailure } from './judge-run.ts';
import type { RaceProgram } from './program.ts';

export const RACE_FORMAT = 'twinpath-race';
export const RACE_VERSION = 1;

/** A program and a schedule: all that is needed to see a race again, bit by bit. */
export interface RaceCase extends RaceProgram {
  readonly format: typeof RACE_FORMAT;
  readonly version: typeof RACE_VERSION;
  /** At each decision, how many runnable tasks were skipped; what lies behind the end is "no preemption". */
  readonly choices: readonly number[];
  /** What it is known to show. */
  readonly failure: RaceFailure | null;
  readonly note?: string;
}

const TASKS_MAX = 16;
const OPERATIONS_MAX = 1000;
const CHOICES_MAX = 1_000_000;
const WORDS_MAX = 1 << 20;

const operations = z.array(operationSchema).max(OPERATIONS_MAX);
const name = z.string().min(1).max(256);

const schema = z.strictObject({
  format: z.literal(RACE_FORMAT),
  version: z.literal(RACE_VERSION),
  setup: setupSchema,
  target: name,
  faults: z.array(name).max(64),
  image: operations,
  before: operations,
  tasks: z.array(z.strictObject({ name, operations })).max(TASKS_MAX),
  choices: z.array(z.int().min(0)).max(CHOICES_MAX),
  failure: z
    .strictObject({
      kind: z.literal([...RACE_FAILURES]),
      detail: z.string().max(WORDS_MAX),
      words: z.string().max(WORDS_MAX),
    })
    .nullable(),
  note: z.string().max(WORDS_MAX).exactOptional(),
});

/** A file that is no case of a race. The message says where. */
export class RaceCaseError extends Error {
  override readonly name = 'RaceCaseError';
}

/** Whether the text of a case file says that it is one of a race; what is wrong with it is for `readRaceCase` to say. */
export function isRaceCase(text: string): boolean {
  return new RegExp(`"format"\\s*:\\s*"${RACE_FORMAT}"`).test(text.slice(0, 1000));
}

/** Reads the text of a case file. `where` is its name, for the message. */
export function readRaceCase(text: string, where: string): RaceCase {
  return readJson(schema, text, where, RaceCaseError);
}

/** One operation a line, so that two cases can be compared by diff. */
export function writeRaceCase(value: RaceCase): string {
  const list = (each: readonly unknown[], by: string): string =>
    each.length === 0 ? '[]' : `[\n${each.map((one) => `${by}  ${JSON.stringify(one)}`).join(',\n')}\n${by}]`;
  const { image, before, tasks, choices, ...head } = value;
  const lines = Object.entries(head).map(
    ([key, part]) => `  ${JSON.stringify(key)}: ${JSON.stringify(part)},`,
  );
  const taskTexts = tasks.map(
    ({ name: title, operations: own }) =>
      `    { "name": ${JSON.stringify(title)}, "operations": ${list(own, '    ')} }`,
  );
  return `{
${lines.join('\n')}
  "image": ${list(image, '  ')},
  "before": ${list(before, '  ')},
  "tasks": [
${taskTexts.join(',\n')}
  ],
  "choices": ${JSON.stringify(choices)}
}
`;
}

/** Choices without the zeros at their end, which change nothing. */
export function trimmed(choices: readonly number[]): number[] {
  let end = choices.length;
  while (end > 0 && choices[end - 1] === 0) end--;
  return choices.slice(0, end);
}

/** The program of a case. */
export const programIn = ({ setup, target, faults, image, before, tasks }: RaceCase): RaceProgram => ({
  setup,
  target,
  faults,
  image,
  before,
  tasks,
});
