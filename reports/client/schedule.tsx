import type { StoryTurn } from '../../harness/story.ts';
import { plural } from './numbers.ts';

/** Turns that are drawn at once. */
const TURNS_MAX = 400;

/** Who ran when: a column for each task, a row for each turn on the processor. */
export function Schedule({ turns }: { readonly turns: readonly StoryTurn[] }) {
  const tasks = [...new Set(turns.map(({ name }) => name))];
  const shown = turns.slice(0, TURNS_MAX);
  return (
    <section>
      <h2>Schedule</h2>
      <p class="dim">Time runs down; one row is one turn on the processor.</p>
      <div class="wide">
        <table class="schedule">
          <thead>
            <tr>
              <th scope="col">#</th>
              {tasks.map((task) => (
                <th key={task} scope="col">
                  {task === '' ? 'what was told' : task}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ name, lines }, index) => (
              <tr key={index}>
                <th scope="row">{index + 1}</th>
                {tasks.map((task) =>
                  task === name ? (
                    <td key={task} class="turn">
                      {lines.map((line, at) => (
                        <div key={at} class={kindOf(line)}>
                          {line}
                        </div>
                      ))}
                    </td>
                  ) : (
                    <td key={task} class="idle" />
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {turns.length > TURNS_MAX ? (
        <p class="note">{plural(turns.length - TURNS_MAX, 'turn')} more; failure.txt has them all.</p>
      ) : null}
    </section>
  );
}

function kindOf(line: string): string {
  const text = line.trim();
  if (text.startsWith('>>>')) return 'preempted';
  if (text.startsWith('waits')) return 'waits';
  return text.startsWith('passes') ? 'passes' : 'says';
}
