import { operationText, setupText } from '../program-text.ts';
import { programOf, toldFailure, type Story, type StoryCut } from '../story.ts';
import { recorded, targetOf, type CrashContext, type FailingCrash } from './crash-search.ts';
import type { CrashTarget } from './crash-target.ts';
import { cutLines, cutPicture } from './cut-picture.ts';
import { completedAt, CrashExamination } from './examination.ts';
import { overtakenIn } from './overlap.ts';
import type { CrashState } from './power-cut.ts';
import type { CrashProgram, RecordedRun } from './recorded-run.ts';

/** A failing crash for a person to read: what was done, when the power went, what was lost, and what is wrong with what is left. */
export const crashReport = async (crash: FailingCrash, context: CrashContext): Promise<string> =>
  (await tellCrash(crash, context)).report;

/** The same, and as data. */
export async function tellCrash(
  { program, state, failure }: FailingCrash,
  context: CrashContext,
): Promise<{ readonly report: string; readonly story: Story }> {
  const target = targetOf(program, context);
  const run = await recorded(program, context);
  const facts: [string, string][] = [
    ['File system', setupText(program.setup)],
    ['Target', program.recordedOn ?? program.target],
  ];
  if (program.faults.length > 0) facts.push(['Planted bugs', program.faults.join(', ')]);
  const cuts = state === null || run.failure !== null ? [] : cutsOf(run, state, target, context);
  run.recording.release();
  const lines = [
    `${failure.kind}: ${failure.words}`,
    '',
    ...facts.map(([label, text]) => `${label}: ${text}`),
    '',
    ...operationLines(run, state),
    ...cuts.flatMap((cut) => ['', ...cutLines(cut)]),
  ];
  const story = toldFailure(failure, {
    facts,
    programs: [programOf('Program', operationTexts(program), state === null ? null : cutStep(run, state))],
    noticed: state === null ? null : 'after the power went, and what was left was recovered',
    cuts,
  });
  return { report: `${lines.join('\n')}\n`, story };
}

/** The operation at or before which the power went; null where it was none. */
function cutStep(run: RecordedRun, { cut }: CrashState): number | null {
  const completed = completedAt(run, cut);
  const during = cut.point > (run.marks[completed] ?? 0);
  const step = during ? completed : completed - 1;
  return step < 0 || step >= run.program.operations.length ? null : step;
}

/** The operations in words, and which of them do not wait for the one before. */
function operationTexts(program: CrashProgram): string[] {
  const overtaken = overtakenIn(program);
  return program.operations.map((operation, index) => {
    const text = operationText(operation);
    return overtaken.has(index - 1) ? `${text}, before ${index} has returned` : text;
  });
}

/** The operations, with what each wrote, and a line where the power went. */
function operationLines(run: RecordedRun, state: CrashState | null): string[] {
  const { operations } = run.program;
  const completed = state === null ? operations.length : completedAt(run, state.cut);
  const cut = (during: boolean): string => `       --- the power goes ${during ? 'meanwhile' : 'here'}`;
  const point = state?.cut.point ?? 0;
  const lines = operationTexts(run.program).flatMap((text, index) => {
    const line = `${String(index + 1).padStart(5)}  ${text}`;
    if (state === null) return [line];
    const during = completed === index && point > (run.marks[index] ?? 0);
    return [...(completed === index && !during ? [cut(false)] : []), line, ...(during ? [cut(true)] : [])];
  });
  return state !== null && completed === operations.length ? [...lines, cut(false)] : lines;
}

function cutsOf(
  run: RecordedRun,
  { cut, again }: CrashState,
  target: CrashTarget,
  context: CrashContext,
): StoryCut[] {
  const { recording } = run;
  const first = cutPicture({
    title: 'Writes when the power went',
    cut,
    recording,
    landmarks: target.landmarks(recording.disk({ point: cut.point, lost: [] })),
    during: (write) => operationOf(run, write),
  });
  if (again === undefined) return [first];
  const examination = new CrashExamination(run, target, context.judges);
  const recovery = examination.recordedRecovery(cut);
  if ('kind' in recovery || recovery.recording === null) return [first];
  const second = cutPicture({
    title: 'Writes of the recovery, when the power went again',
    cut: again,
    recording: recovery.recording,
    landmarks: target.landmarks(recovery.recording.disk({ point: again.point, lost: [] })),
    during: () => 'recovery',
  });
  return [first, second];
}

/** What a write belongs to: the operation that had not returned yet. */
function operationOf({ marks, program: { operations } }: RecordedRun, write: number): string {
  const index = marks.findIndex((mark) => write < mark);
  if (index === 0) return 'mount';
  const operation = operations[index < 0 ? marks.length - 1 : index - 1];
  return operation === undefined ? 'unmount' : operationText(operation);
}
