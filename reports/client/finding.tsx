import type { FindingPage } from '../report-data.ts';
import { Command, CopyButton } from './copy-button.tsx';
import { Difference } from './difference.tsx';
import { plural } from './numbers.ts';
import { PowerCuts } from './power-cut.tsx';
import { Program } from './program.tsx';
import { hrefOf } from './route.ts';
import { Schedule } from './schedule.tsx';
import { Stepper } from './stepper.tsx';

interface FindingProps {
  readonly page: FindingPage;
  readonly previous: string | null;
  readonly next: string | null;
}

/** All that is known of one finding. */
export function FindingView({ page, previous, next }: FindingProps) {
  const { record, story, commands } = page;
  return (
    <article class="finding">
      <p class="crumbs">
        <a href={hrefOf()}>Findings</a> <span class="dim">/ {record.id}</span>
        <span class="turn">
          {previous === null ? null : <a href={hrefOf('finding', previous)}>← previous</a>}
          {next === null ? null : <a href={hrefOf('finding', next)}>next →</a>}
        </span>
      </p>
      <h1 tabIndex={-1} class="summary">
        {story?.summary ?? record.summary}
      </h1>
      <p class="chips">
        <span class="chip bad">{record.kind}</span>
        {record.target === '' ? null : <span class="chip">{record.target}</span>}
        {record.operation === null ? null : <span class="chip">{record.operation}</span>}
        <span class="dim">{historyOf(record)}</span>
      </p>
      {commands.map(({ does, command }) => (
        <Command key={command} does={does} command={command} />
      ))}
      {story === null ? <NoStory /> : <StoryView page={page} />}
      <Texts page={page} />
    </article>
  );
}

function historyOf({ foundWith, operations, shrinkRuns, times, note }: FindingPage['record']): string {
  const parts: string[] = [];
  if (operations > 0 && operations < foundWith)
    parts.push(`shrunk from ${plural(foundWith, 'operation')} to ${operations}`);
  else if (operations > 0) parts.push(plural(operations, 'operation'));
  if (shrinkRuns > 0) parts.push(`in ${plural(shrinkRuns, 'run')}`);
  if (times > 1) parts.push(`met ${times} times`);
  if (note !== null) parts.push(note);
  return parts.join(' · ');
}

const NoStory = () => (
  <p class="note">
    No story was kept of this finding: the run was interrupted, or another version wrote it. What lies beside
    the case follows.
  </p>
);

/** Characters of a fact that gets twice the room. */
const LONG_FACT = 60;

function StoryView({ page }: { readonly page: FindingPage }) {
  const { story } = page;
  if (story === null) return null;
  const { facts, noticed, details, steps, turns, cuts = [], programs, recorded } = story;
  return (
    <>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name} class={value.length > LONG_FACT ? 'long' : undefined}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Difference story={story} />
      {noticed === null ? null : <p>Noticed {noticed}.</p>}
      {steps.length > 0 ? (
        <Stepper story={story} />
      ) : (
        programs.map((one) => <Program key={one.title} program={one} />)
      )}
      <Recorded recorded={recorded} />
      {turns.length === 0 ? null : <Schedule turns={turns} />}
      <PowerCuts cuts={cuts} />
      {details === null ? null : (
        <section>
          <h2>{page.record.kind === 'e2fsck' ? 'What e2fsck says' : 'Details'}</h2>
          <pre>{details}</pre>
        </section>
      )}
    </>
  );
}

/** Whether what is shown of the memory is of a run that failed in the same way. */
function Recorded({ recorded }: { readonly recorded: NonNullable<FindingPage['story']>['recorded'] }) {
  if (recorded === 'same' || recorded === 'none') return null;
  const how = recorded === 'gone' ? 'did not fail' : 'failed in another way';
  return (
    <p class="note">
      The run in which the memory was looked at {how}: looking brings inodes into memory, and the failure
      depends on what is there.
    </p>
  );
}

/** The case, and the texts that lie beside it. */
function Texts({ page: { caseText, texts } }: { readonly page: FindingPage }) {
  return (
    <section>
      <h2>Files</h2>
      {caseText === null ? null : (
        <details>
          <summary>case.json</summary>
          <CopyButton text={caseText} label="Copy case.json" />
          <pre>{caseText}</pre>
        </details>
      )}
      {texts.map(({ name, text, more }) => (
        <details key={name}>
          <summary>{name}</summary>
          <pre>{text}</pre>
          {more > 0 ? <p class="note">{plural(more, 'character')} more in the file.</p> : null}
        </details>
      ))}
    </section>
  );
}
