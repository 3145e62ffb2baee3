import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { BENCH_FILE, readBench, type Measurement } from './bench-record.ts';
import { BUGS_FILE, readBugs, type BugsRecord } from './bugs/bugs-record.ts';
import { readRun, RunError, type FindingRecord, type RunRecord } from './run-record.ts';
import { STORY_FORMAT, STORY_VERSION, type Story } from './story.ts';

/** A finding with what lies in its folder. */
export interface StoredFinding {
  readonly record: FindingRecord;
  /** The folder of its case. */
  readonly folder: string;
  /** Null where there is none that can be read. */
  readonly story: Story | null;
  readonly hasCase: boolean;
  /** The text of the case; null where it is missing or too long to be shown. */
  readonly caseText: string | null;
  /** Texts that lie beside it, whatever they are. */
  readonly texts: readonly StoredText[];
}

/** A text, and how many characters of it were left out. */
export interface StoredText {
  readonly name: string;
  readonly text: string;
  readonly more: number;
}

/** One of the runs that lie beside a run: a point of a trend. */
export interface TrendPoint {
  readonly name: string;
  readonly startedAt: string;
  readonly outcome: RunRecord['outcome'];
  readonly findings: number;
  readonly elapsedMs: number | null;
  readonly counts: Readonly<Record<string, number>>;
}

/** A run as it lies in its folder: all that reports are made of. */
export interface StoredRun {
  readonly path: string;
  readonly name: string;
  readonly run: RunRecord;
  /** Those that are read whole; `run.findings` has all. */
  readonly findings: readonly StoredFinding[];
  /** Runs of the same verb beside it, oldest first, itself among them. */
  readonly trend: readonly TrendPoint[];
  readonly measurements: readonly Measurement[];
  /** How well bugs were found that were planted; null where nobody measured that. */
  readonly bugs: BugsRecord | null;
}

/** How much is read: what is beyond makes a page slow and nobody wiser. */
const FINDINGS_MAX = 100;
const FINDINGS_CHARACTERS_MAX = 24 << 20;
const CASE_CHARACTERS_MAX = 1 << 16;
const TEXT_CHARACTERS_MAX = 1 << 16;
const TREND_MAX = 60;
const FILE_BYTES_MAX = 64 << 20;

/** Reads what a run has left in its folder, whole or interrupted. RunError where there is no run. */
export function readStoredRun(folder: string): StoredRun {
  const path = resolve(folder);
  const run = runIn(path);
  const bench = join(path, BENCH_FILE);
  return {
    path,
    name: basename(path),
    run,
    findings: findingsOf(path, run),
    trend: trendOf(path, run.verb),
    measurements: existsSync(bench) ? readBench(textOf(bench) ?? '') : [],
    bugs: bugsIn(path),
  };
}

/** A file that is none is as good as missing: the rest of the run can be shown all the same. */
function bugsIn(path: string): BugsRecord | null {
  const file = join(path, BUGS_FILE);
  const text = existsSync(file) ? textOf(file) : null;
  if (text === null) return null;
  try {
    return readBugs(text, file);
  } catch (error) {
    if (error instanceof RunError) return null;
    throw error;
  }
}

function runIn(path: string): RunRecord {
  const file = join(path, 'run.json');
  const text = textOf(file);
  if (text === null) throw new RunError(`${file}: there is no run here, or it cannot be read`);
  return readRun(text, file);
}

function findingsOf(path: string, { findings }: RunRecord): StoredFinding[] {
  const read: StoredFinding[] = [];
  let characters = 0;
  for (const record of findings.slice(0, FINDINGS_MAX)) {
    // The name comes from a file: it must not lead out of the folder.
    const folder = join(path, 'cases', basename(record.id));
    const storyText = textOf(join(folder, 'story.json')) ?? '';
    characters += storyText.length;
    if (characters > FINDINGS_CHARACTERS_MAX) break;
    const caseText = textOf(join(folder, 'case.json'));
    const shown = caseText !== null && caseText.length <= CASE_CHARACTERS_MAX ? caseText : null;
    const [story, texts] = [storyIn(storyText), textsIn(folder)];
    read.push({ record, folder, story, hasCase: caseText !== null, caseText: shown, texts });
  }
  return read;
}

/** A story of another version, or half of one, is none. */
function storyIn(text: string): Story | null {
  try {
    const story = JSON.parse(text) as Partial<Story> | null;
    return story?.format === STORY_FORMAT && story.version === STORY_VERSION ? (story as Story) : null;
  } catch {
    return null;
  }
}

function textsIn(folder: string): StoredText[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => /\.(txt|log)$/.test(name));
  return names.sort().flatMap((name) => {
    const text = textOf(join(folder, name));
    if (text === null || text.trim() === '') return [];
    const shown = text.slice(0, TEXT_CHARACTERS_MAX);
    return [{ name, text: shown, more: text.length - shown.length }];
  });
}

function trendOf(path: string, verb: string): TrendPoint[] {
  const results = dirname(path);
  const names = readdirSync(results).filter((name) => existsSync(join(results, name, 'run.json')));
  const points: TrendPoint[] = [];
  // Folders are named by their time, so the last ones are the newest.
  for (const name of names.sort().reverse()) {
    if (points.length === TREND_MAX) break;
    const run = runOrNull(join(results, name));
    if (run?.verb !== verb) continue;
    const { startedAt, outcome, findings, elapsedMs, counts } = run;
    points.push({ name, startedAt, outcome, findings: findings.length, elapsedMs, counts });
  }
  return points.reverse();
}

function runOrNull(path: string): RunRecord | null {
  try {
    return runIn(path);
  } catch (error) {
    if (error instanceof RunError) return null;
    throw error;
  }
}

/** Null when it is no file that can be read, or a very long one. */
function textOf(path: string): string | null {
  try {
    const { size } = statSync(path);
    return size > FILE_BYTES_MAX ? null : readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** The runs of a folder of results that can be read, newest first. */
export function runsIn(results: string): { readonly name: string; readonly run: RunRecord }[] {
  const names = existsSync(results) ? readdirSync(results) : [];
  return names
    .sort()
    .reverse()
    .flatMap((name) => {
      const run = existsSync(join(results, name, 'run.json')) ? runOrNull(join(results, name)) : null;
      return run === null ? [] : [{ name, run }];
    });
}
