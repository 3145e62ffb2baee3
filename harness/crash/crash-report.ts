import { operationText, setupText } from '../program-text.ts';
import { targetOf, type CrashContext, type FailingCrash } from './crash-search.ts';
import type { CrashTarget, DiskRecording, Landmarks, RecordedWrite } from './crash-target.ts';
import { completedAt, CrashExamination } from './examination.ts';
import type { CrashState, LostWrite, PowerCut } from './power-cut.ts';
import { recordRun, type RecordedRun } from './recorded-run.ts';

/** A failing crash for a person to read: what was done, when the power went, what was lost, and what is wrong with what is left. */
export function crashReport({ program, state, failure }: FailingCrash, context: CrashContext): string {
  const target = targetOf(program, context);
  const run = recordRun(program, target);
  const lines = [
    `${failure.kind}: ${failure.words}`,
    '',
    `File system: ${setupText(program.setup)}`,
    `Target: ${program.target}`,
  ];
  if (program.faults.length > 0) lines.push(`Planted bugs: ${program.faults.join(', ')}`);
  lines.push('', ...operationLines(run, state));
  if (state !== null && run.failure === null) lines.push('', ...cutLines(run, state, target, context));
  run.recording.release();
  return `${lines.join('\n')}\n`;
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

function cutLines(
  run: RecordedRun,
  { cut, again }: CrashState,
  target: CrashTarget,
  context: CrashContext,
): string[] {
  const { recording } = run;
  const first = writesLines(recording, cut, target, 'Writes when the power went');
  if (again === undefined) return first;
  const examination = new CrashExamination(run, target, context.judges);
  const recovery = examination.recordedRecovery(cut);
  if ('kind' in recovery || recovery.recording === null) return first;
  return [
    ...first,
    '',
    ...writesLines(recovery.recording, again, target, 'Writes of the recovery, when the power went again'),
  ];
}

/** The writes that no flush had covered, and what became of each. */
function writesLines(recording: DiskRecording, cut: PowerCut, target: CrashTarget, title: string): string[] {
  const { point, underWay = false, lost } = cut;
  const landmarks = target.landmarks(recording.disk({ point, lost: [] }));
  const missing = new Map(lost.map((one) => [one.write, one]));
  const durable = recording.durableAt(point, underWay);
  const lines = recording.writes.slice(durable, point).map((write, index) => {
    const number = durable + index;
    const ended = underWay && number === point - 1 ? ', which had not ended' : '';
    return `  ${fate(missing.get(number)).padEnd(9)}${nameOf(write, landmarks)}${flagsOf(write)}${ended}`;
  });
  const before = `${durable} writes before these were durable`;
  return lines.length === 0
    ? [`${title}: ${before}, and none came after`]
    : [`${title} (${before}):`, ...lines];
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
