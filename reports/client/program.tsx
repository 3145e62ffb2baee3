import type { StoryProgram } from '../../harness/story.ts';
import { plural } from './numbers.ts';

interface ProgramProps {
  readonly program: StoryProgram;
  /** The line that is looked at; -1 for none. */
  readonly at?: number;
  /** Lines that can be gone to. */
  readonly goTo?: (line: number) => void;
}

/** A program, line by line; the one that failed is marked, and the one that is looked at. */
export function Program({ program, at = -1, goTo }: ProgramProps) {
  const { title, first, lines, failed } = program;
  return (
    <section class="program">
      <h2>{title}</h2>
      {first > 0 ? <p class="note">{plural(first, 'operation')} before these are left out.</p> : null}
      <ol start={first + 1}>
        {lines.map((line, index) => {
          const number = first + index;
          const classes = [number === failed ? 'failed' : '', number === at ? 'at' : ''].join(' ');
          return (
            <li key={number} class={classes} aria-current={number === at ? 'step' : undefined}>
              <span class="number">{number + 1}</span>
              {goTo === undefined ? (
                <code>{line}</code>
              ) : (
                <button type="button" tabIndex={-1} onClick={() => goTo(number)}>
                  <code>{line}</code>
                </button>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
