import { join } from 'node:path';
import { writeAtomically } from './atomic-file.ts';
import type { Case } from './case.ts';
import type { DifferenceDetail } from './difference-detail.ts';
import type { MemoryPicture } from './memory-picture.ts';
import { operationText, setupText } from './program-text.ts';
import type { Evidence } from './verdict.ts';

export const STORY_FORMAT = 'twinpath-story';
export const STORY_VERSION = 1;

/**
 * `cases/<id>/story.json`: what a report shows of a failure beyond its case. Everything in it was seen while the case ran once more;
 * it is written when a finding is kept, and nothing is run to show it.
 */
export interface Story {
  readonly format: typeof STORY_FORMAT;
  readonly version: typeof STORY_VERSION;
  /** One sentence. */
  readonly summary: string;
  /** Label and text: file system, targets, planted bugs, and whatever else a reader must know. */
  readonly facts: readonly (readonly [string, string])[];
  readonly programs: readonly StoryProgram[];
  /** Where it showed, when no operation of a program shows it. */
  readonly noticed: string | null;
  readonly expected: string | null;
  readonly observed: string | null;
  readonly difference: DifferenceDetail | null;
  /** e2fsck's words, a stack, what a kernel said. */
  readonly details: string | null;
  /** Whether `steps` show the failure: the run that was recorded failed in the same way, in another, or not; or there was none. */
  readonly recorded: 'same' | 'other' | 'gone' | 'none';
  /** Of the first program, in order; the first STEPS_MAX before the failure are left out when there are more. */
  readonly steps: readonly StoryStep[];
  /** Who ran when, where several tasks did. */
  readonly turns: readonly StoryTurn[];
  /** What the device had got when the power went, and what of it arrived: once, or again while that was recovered from. */
  readonly cuts?: readonly StoryCut[];
}

/** The writes before one power cut, in the order in which they were submitted. */
export interface StoryCut {
  readonly title: string;
  /** Writes before the first of `writes`, all of them durable. */
  readonly before: number;
  readonly writes: readonly StoryWrite[];
}

export interface StoryWrite {
  /** Its number among all writes since the mount, from 0. */
  readonly number: number;
  /** What asked for it: an operation as text, `mount`, `recovery`. */
  readonly during: string;
  /** What lies there on the disk: `commit block of transaction 5`; `flush` of one that carries nothing. */
  readonly what: string;
  readonly bytes: number;
  /** Durable: covered by a flush or its FUA. The others might have been lost; these arrived, were lost, or arrived in part. */
  readonly fate: 'durable' | 'there' | 'lost' | 'torn';
  /** Of a torn one, for each sector of 512 bytes whether it arrived: `.` for lost, `#` for there. */
  readonly sectors?: string;
  readonly preflush: boolean;
  readonly fua: boolean;
  /** It had not ended when the power went: neither its flush nor its FUA says anything. */
  readonly underWay: boolean;
}

/** A program of a case: operations as text. */
export interface StoryProgram {
  readonly title: string;
  /** The number of the first line, from 0: what lies before was left out. */
  readonly first: number;
  readonly lines: readonly string[];
  /** The operation at which it showed, counted from 0. */
  readonly failed: number | null;
}

export interface StoryStep {
  /** Number of the operation, from 0. */
  readonly step: number;
  readonly expected: string;
  readonly answers: readonly StoryAnswer[];
}

/** One target after one step. */
export interface StoryAnswer {
  readonly target: string;
  readonly text: string;
  /** Whether it is what the model says. */
  readonly agrees: boolean;
  /** What it had in memory afterwards; `same` as one step before; null where nobody knows. */
  readonly picture: MemoryPicture | 'same' | null;
}

/** What one task did until another went on. */
export interface StoryTurn {
  readonly name: string;
  readonly lines: readonly string[];
}

/** Lines of a program, and steps, that a story has at most. */
export const LINES_MAX = 2000;
export const STEPS_MAX = 200;
const DETAIL_CHARACTERS_MAX = 1 << 18;

/** The story of a sequence. */
export function storyOf(found: Case, evidence: Evidence, recorded: Pick<Story, 'recorded' | 'steps'>): Story {
  const { setup, targets, faults, operations, failure } = found;
  const failed = failure?.step ?? null;
  const facts: (readonly [string, string])[] = [
    ['File system', setupText(setup)],
    ['Targets', targets.join(', ')],
  ];
  if (faults.length > 0) facts.push(['Planted bugs', faults.join(', ')]);
  return {
    format: STORY_FORMAT,
    version: STORY_VERSION,
    summary: evidence.summary,
    facts,
    programs: [programOf('Program', operations.map(operationText), failed)],
    noticed: failed === null ? noticedText(found, evidence) : null,
    expected: evidence.expected ?? null,
    observed: evidence.observed ?? null,
    difference: evidence.difference ?? null,
    details: evidence.details?.slice(0, DETAIL_CHARACTERS_MAX) ?? null,
    turns: [],
    ...recorded,
  };
}

/** A story of which nobody recorded anything: what a text says of it. */
export const toldStory = (
  summary: string,
  told: Partial<Omit<Story, 'format' | 'version' | 'summary'>>,
): Story => ({
  format: STORY_FORMAT,
  version: STORY_VERSION,
  summary,
  facts: [],
  programs: [],
  noticed: null,
  expected: null,
  observed: null,
  difference: null,
  details: null,
  recorded: 'none',
  steps: [],
  turns: [],
  ...told,
});

/** The same of a failure whose words may be many: the first line is the sentence, and all of it (a stack, what e2fsck says) the details. */
export const toldFailure = (
  { kind, words }: { readonly kind: string; readonly words: string },
  told: Parameters<typeof toldStory>[1],
): Story => {
  const [first = ''] = words.split('\n', 1);
  const details = first === words ? null : words.slice(0, DETAIL_CHARACTERS_MAX);
  return toldStory(`${kind}: ${first}`, { ...told, details });
};

/** The lines around and before the one that failed, where there are too many for a page. */
export function programOf(title: string, lines: readonly string[], failed: number | null): StoryProgram {
  const end = Math.min(lines.length, (failed ?? lines.length) + LINES_MAX / 2);
  const first = Math.max(0, end - LINES_MAX);
  return { title, first, lines: lines.slice(first, end), failed };
}

/** Where a failure showed that no operation of the sequence shows. */
export function noticedText(found: Case, { operation }: Evidence): string {
  if (found.failure?.kind === 'e2fsck') return 'by e2fsck, after the sequence was over';
  if (operation === undefined) return 'after the sequence was over';
  return `after the sequence was over, by ${operationText(operation)}`;
}

export const writeStory = (folder: string, story: Story): void =>
  writeAtomically(join(folder, 'story.json'), `${JSON.stringify(story)}\n`);
