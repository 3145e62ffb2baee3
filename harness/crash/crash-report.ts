import { operationText, setupText } from '../program-text.ts';
import { programOf, toldStory, type Story, type StoryTurn } from '../story.ts';
import { targetOf, type CrashContext, type FailingCrash } from './crash-search.ts';
import type { CrashTarget, DiskRecording, Landmarks, RecordedWrite } from './crash-target.ts';
import { completedAt, CrashExamination } from './examination.ts';
import type { CrashState, LostWrite, PowerCut } from './power-cut.ts';
import { recordRun, type RecordedRun } from './recorded-run.ts';

/** A failing crash for a person to read: what was done, when the power went, what was lost, and what is wrong with what is left. */
export const crashReport = (crash: FailingCrash, context: CrashContext): string =>
  tellCrash(crash, context).report;

/** The same, and as data. */
export function tellCrash(
  { program, state, failure }: FailingCrash,
  context: CrashContext,
): { readonly report: string; readonly story: Story } {
  const target = targetOf(program, context);
  const run = recordRun(program, target);
  const facts: [string, string][] = [
    ['File system', setupText(program.setup)],
    ['Target', program.target],
  ];
  if (program.faults.length > 0) facts.push(['Planted bugs', program.faults.join(', ')]);
  const turns = state === null || run.failure !== null ? [] : cutTurns(run, state, target, context);
  run.recording.release();
  const lines = [
    `${failure.kind}: ${failure.words}`,
    '',
    ...facts.map(([label, text]) => `${label}: ${text}`),
    '',
    ...operationLines(run, state),
    ...turns.flatMap(({ name, lines: written }) => ['', `${name}:`, ...written.map((line) => `  ${line}`)]),
  ];
  const story = toldStory(`${failure.kind}: ${failure.words}`, {
    facts,
    programs: [
      programOf(
        'Program',
        program.operations.map(operationText),
        state === null ? null : cutStep(run, state),
      ),
    ],
    noticed: state === null ? null : 'after the power went, and what was left was recovered',
    turns: turns.map(({ name, lines: written }) => ({ name, lines: written.slice(0, TURN_LINES_MAX) })),
  });
  return { report: `${lines.join('\n')}\n`, story };
}

const TURN_LINES_MAX = 2000;

/** The operation at or before which the power went; null where it was none. */
function cutStep(run: RecordedRun, { cut }: CrashState): number | null {
  const completed = completedAt(run, cut);
  const during = cut.point > (run.marks[completed] ?? 0);
  const step = during ? completed : completed - 1;
  return step < 0 || step >= run.program.operations.length ? null : step;
}

/** The operations, with what each wrote, and a line where the power went. */
function operationLines(run: RecordedRun, state: CrashState | null): string[] {
  const { operations } = run.program;
  const completed = state === null ? operations.length : completedAt(run, state.cut);
  const cut = (during: boolean): string => `       --- the power goes ${during ? 'meanwhile' : 'here'}`;
  const point = state?.cut.point ?? 0;
  const lines = operations.flatMap((operation, index) => {
    const line = `${String(index + 1).padStart(5)}  ${operationText(operation)}`;
    if (state === null) return [line];
    const during = completed === index && point > (run.marks[index] ?? 0);
    return [...(completed === index && !during ? [cut(false)] : []), line, ...(during ? [cut(true)] : [])];
  });
  return state !== null && completed === operations.length ? [...lines, cut(false)] : lines;
}

function cutTurns(
  run: RecordedRun,
  { cut, again }: CrashState,
  target: CrashTarget,
  context: CrashContext,
): StoryTurn[] {
  const { recording } = run;
  const first = writesTurn(recording, cut, target, 'Writes when the power went');
  if (again === undefined) return [first];
  const examination = new CrashExamination(run, target, context.judges);
  const recovery = examination.recordedRecovery(cut);
  if ('kind' in recovery || recovery.recording === null) return [first];
  const title = 'Writes of the recovery, when the power went again';
  return [first, writesTurn(recovery.recording, again, target, title)];
}

/** The writes that no flush had covered, and what became of each. */
function writesTurn(recording: DiskRecording, cut: PowerCut, target: CrashTarget, title: string): StoryTurn {
  const { point, underWay = false, lost } = cut;
  const landmarks = target.landmarks(recording.disk({ point, lost: [] }));
  const missing = new Map(lost.map((one) => [one.write, one]));
  const durable = recording.durableAt(point, underWay);
  const lines = recording.writes.slice(durable, point).map((write, index) => {
    const number = durable + index;
    const ended = underWay && number === point - 1 ? ', which had not ended' : '';
    return `${fate(missing.get(number)).padEnd(9)}${nameOf(write, landmarks)}${flagsOf(write)}${ended}`;
  });
  const name = `${title} (${durable} writes before these were durable)`;
  return { name, lines: lines.length === 0 ? ['none'] : lines };
}

function fate(lost: LostWrite | undefined): string {
  if (lost === undefined) return 'there';
  return lost.torn === undefined ? 'LOST' : 'TORN';
}

function nameOf(write: RecordedWrite, landmarks: Landmarks): string {
  const { sector, data } = write;
  if (data.length === 0) return 'flush';
  return landmarks.name(sector, data.length / 512);
}

const flagsOf = ({ preflush, fua, data }: RecordedWrite): string =>
  `${preflush && data.length > 0 ? ', after a flush' : ''}${fua ? ', FUA' : ''}`;
