import { useLayoutEffect, useState } from 'preact/hooks';
import type { Story, StoryAnswer, StoryStep } from '../../harness/story.ts';
import { FileStrips, type TargetPicture } from './file-strips.tsx';
import { grouped, plural } from './numbers.ts';
import { Program } from './program.tsx';

const KEYS: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowLeft: (at) => at - 1,
  ArrowRight: (at) => at + 1,
  Home: () => 0,
  End: (_, last) => last,
};

/** The program beside what each target answered and had in memory, step by step. */
export function Stepper({ story }: { readonly story: Story }) {
  const { steps, programs } = story;
  const last = steps.length - 1;
  const [index, setIndex] = useState(() => startOf(story));
  const goTo = (wanted: number): void => setIndex(Math.max(0, Math.min(last, wanted)));
  useStepKeys(index, last, goTo);
  const step = steps[index];
  const [program] = programs;
  if (step === undefined || program === undefined) return null;
  const first = steps[0]?.step ?? 0;
  const byNumber = (number: number): void => {
    const found = steps.findIndex((one) => one.step === number);
    if (found >= 0) goTo(found);
  };
  return (
    <div class="stepper">
      <Program program={program} at={step.step} goTo={byNumber} />
      <section aria-label="What everybody saw">
        <h2>
          After step {step.step + 1} of {(steps[last]?.step ?? 0) + 1}
        </h2>
        <div class="controls">
          <button type="button" disabled={index === 0} onClick={() => goTo(index - 1)}>
            ← Back
          </button>
          <input
            type="range"
            min={0}
            max={last}
            value={index}
            aria-label="Step"
            aria-valuetext={`step ${step.step + 1}`}
            onInput={(event) => goTo(Number(event.currentTarget.value))}
          />
          <button type="button" disabled={index === last} onClick={() => goTo(index + 1)}>
            Next →
          </button>
          <span class="dim">← → Home End</span>
        </div>
        {first > program.first ? (
          <p class="note">
            What was in memory is kept of the last {plural(steps.length, 'step')}, from step{' '}
            {grouped(first + 1)} on.
          </p>
        ) : null}
        <p class="call">
          <code>{program.lines[step.step - program.first] ?? ''}</code>
        </p>
        <Answers step={step} />
        <FileStrips pictures={picturesAt(steps, index)} before={picturesAt(steps, index - 1)} />
      </section>
    </div>
  );
}

/** The step that failed, where one did; else the last. */
function startOf({ steps, programs }: Story): number {
  const failed = programs[0]?.failed ?? null;
  const found = steps.findIndex(({ step }) => step === failed);
  return found >= 0 ? found : steps.length - 1;
}

/** The arrows step wherever the focus is, but in fields and sliders, which have arrows of their own. */
function useStepKeys(index: number, last: number, goTo: (index: number) => void): void {
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const move = KEYS[event.key];
      const other =
        event.altKey || event.ctrlKey || event.metaKey || event.target instanceof HTMLInputElement;
      if (move === undefined || other) return;
      event.preventDefault();
      goTo(move(index, last));
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [index, last]);
}

/** The model's answer, and everybody's beside it. */
function Answers({ step }: { readonly step: StoryStep }) {
  return (
    <table class="answers">
      <tbody>
        <tr>
          <th scope="row">model</th>
          <td>{step.expected}</td>
          <td />
        </tr>
        {step.answers.map(({ target, text, agrees }) => (
          <tr key={target} class={agrees ? '' : 'failed'}>
            <th scope="row">{target}</th>
            <td>{text}</td>
            <td>{agrees ? <span class="good">✓ agrees</span> : <span class="bad">✗ differs</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What each target had in memory after a step: `same` means what was there a step earlier. */
function picturesAt(steps: readonly StoryStep[], index: number): TargetPicture[] {
  return (steps[index]?.answers ?? []).map(({ target }) => {
    for (let back = index; back >= 0; back--) {
      const picture = pictureOf(steps[back], target);
      if (picture !== 'same') return { target, picture };
    }
    return { target, picture: null };
  });
}

const pictureOf = (step: StoryStep | undefined, target: string): StoryAnswer['picture'] =>
  step?.answers.find((answer) => answer.target === target)?.picture ?? null;
