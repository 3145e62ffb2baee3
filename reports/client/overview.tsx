import type { ReportData } from '../report-data.ts';
import { isAboutBugs, PlantedBugs } from './bugs.tsx';
import { Command } from './copy-button.tsx';
import { FindingsTable } from './findings-table.tsx';
import { grouped, plural, timeText } from './numbers.ts';

type Run = ReportData['run'];

const VERDICTS = {
  held: 'HELD',
  found: 'FOUND',
  unknown: 'UNKNOWN',
  nothing: 'NOTHING RAN',
  interrupted: 'INTERRUPTED',
  unfinished: 'NOT FINISHED',
} as const;

/** The first page: the verdict, what stands behind it, and the findings. */
export function Overview({ data }: { readonly data: ReportData }) {
  const { run, cuts } = data;
  const outcome = run.outcome ?? 'unfinished';
  return (
    <>
      <section class={`verdict ${outcome}`}>
        <h1 tabIndex={-1}>{VERDICTS[outcome]}</h1>
        <p>{sentence(run)}</p>
        {run.notes.map((note) => (
          <p key={note} class="note">
            {note}
          </p>
        ))}
        {Object.entries(run.unknown).map(([reason, count]) => (
          <p key={reason} class="note">
            {plural(count, 'time')} nobody could judge: {reason}
          </p>
        ))}
      </section>
      <Facts run={run} />
      {run.again === null ? null : <Command does="The same again" command={run.again} />}
      {isAboutBugs(data) ? (
        <section>
          <h2>Planted bugs</h2>
          <PlantedBugs bugs={data.bugs} />
        </section>
      ) : (
        <FindingsTable data={data} />
      )}
      {cuts.map((cut) => (
        <p key={cut} class="note">
          {cut}
        </p>
      ))}
      <Spent spent={run.spent} />
      <details>
        <summary>All options</summary>
        <pre>{JSON.stringify(run.options, null, 2)}</pre>
      </details>
    </>
  );
}

/** Of what is done so seldom, nobody wants to know how often in a second. */
const LEAST_RATE = 0.05;

/** Verbs that compare with the model, operation by operation. */
const MODELLED = ['check', 'kernel', 'bench'];

function sentence({ outcome, findings, counts, targets, elapsedMs, verb }: Run): string {
  const did = Object.entries(counts)
    .map(([name, count]) => `${grouped(count)} ${name}`)
    .join(', ');
  const where =
    targets.length === 0 ? '' : ` on ${MODELLED.includes(verb) ? 'the model and ' : ''}${targets.join(', ')}`;
  const took = elapsedMs === null ? '' : ` in ${timeText(elapsedMs)}`;
  const ran = did === '' ? `${verb}${where}` : `${did}${where}${took}`;
  if (outcome === null) return `The run has not come to its end: ${ran}.`;
  return outcome === 'found' ? `${plural(findings.length, 'finding')} in ${ran}.` : `${ran}.`;
}

function Facts({ run }: { readonly run: Run }) {
  const { counts, elapsedMs, versions, seed, faults, targets } = run;
  const facts: [string, string][] = [];
  if (seed !== null) facts.push(['Seed', String(seed)]);
  for (const [name, count] of Object.entries(counts)) {
    const rate = elapsedMs === null || elapsedMs === 0 ? 0 : (count / elapsedMs) * 1000;
    facts.push([
      name.slice(0, 1).toUpperCase() + name.slice(1),
      rate < LEAST_RATE ? grouped(count) : `${grouped(count)} (${grouped(rate, 1)}/s)`,
    ]);
  }
  if (targets.length > 0) facts.push(['Targets', targets.join(', ')]);
  if (faults.length > 0) facts.push(['Planted bugs', faults.join(', ')]);
  facts.push(['Started', `${run.startedAt.slice(0, 19).replace('T', ' ')} UTC`]);
  facts.push(['e2fsck', versions.e2fsck ?? 'not asked']);
  facts.push(['Kernel', versions.kernel]);
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Where the time went, as one bar. */
function Spent({ spent }: { readonly spent: Run['spent'] }) {
  const parts = Object.entries(spent).filter((part): part is [string, number] => part[1] > 0);
  const total = parts.reduce((sum, [, ms]) => sum + ms, 0);
  if (total === 0) return null;
  return (
    <section>
      <h2>Where the time went</h2>
      <div
        class="spent"
        role="img"
        aria-label={parts.map(([name, ms]) => `${name} ${timeText(ms)}`).join(', ')}
      >
        {parts.map(([name, ms], index) => (
          <span key={name} class={`part part${index % 9}`} style={{ width: `${(ms / total) * 100}%` }} />
        ))}
      </div>
      <ul class="legend">
        {parts.map(([name, ms], index) => (
          <li key={name}>
            <span class={`key part${index % 9}`} /> {name} {timeText(ms)}
          </li>
        ))}
      </ul>
    </section>
  );
}
