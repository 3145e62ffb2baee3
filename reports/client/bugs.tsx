import type { ReportData } from '../report-data.ts';
import { grouped, plural, timeText } from './numbers.ts';

type Bugs = NonNullable<ReportData['bugs']>;
type Score = Bugs['scores'][number];
type Figures = Score['figures'];

/** Whether there is nothing else to see. */
export const isAboutBugs = (data: ReportData): data is ReportData & { readonly bugs: Bugs } =>
  data.bugs !== null && data.run.findings.length === 0;

/** How well planted bugs are found, beside a generator like fsx, and which cannot be planted. */
export function PlantedBugs({ bugs }: { readonly bugs: Bugs }) {
  const { scores, summary, impossible } = bugs;
  return (
    <>
      {summary.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      <p class="dim">
        Medians over the hunts of a bug, with the 90th percentile behind them. Tried are operations with
        check, schedules with race, and states after power cuts with crash. A case is small with at most half
        as many operations again as the smallest known sequence, and one more.
      </p>
      <div class="wide">
        <table class="findings">
          <Head />
          <tbody>
            {scores.map((score) => (
              <Row key={score.id} score={score} />
            ))}
          </tbody>
        </table>
      </div>
      <Impossible bugs={impossible} />
    </>
  );
}

/** Titles, and whether what stands below is a number. */
const COLUMNS: readonly (readonly [string, boolean])[] = [
  ['Bug', false],
  ['What goes wrong', false],
  ['Needs', false],
  ['Found', true],
  ['Seen by', false],
  ['Tried', true],
  ['CPU', true],
  ['Shrunk', true],
  ['Known', true],
  ['Like fsx', true],
  ['Can be shown by', false],
];

const Head = () => (
  <thead>
    <tr>
      {COLUMNS.map(([title, isNumber]) => (
        <th key={title} scope="col" class={isNumber ? 'number' : undefined}>
          {title}
        </th>
      ))}
    </tr>
  </thead>
);

function Row({ score }: { readonly score: Score }) {
  const { id, fault, source, mechanism, needs, hunter, known, figures, control, controlFigures } = score;
  return (
    <tr>
      <th scope="row" title={source}>
        {id} <span class="dim">{fault}</span>
      </th>
      <td class="prose">{mechanism}</td>
      <td>{needs.join(', ')}</td>
      <td class="number">
        <span class={`chip ${figures.found === figures.of ? 'held' : 'found'}`}>
          {figures.found} of {figures.of}
        </span>
      </td>
      <td>
        {hunter}: {figures.judges.join(', ')}
      </td>
      <td class="number">{spreadText(figures.tried, grouped)}</td>
      <td class="number">{spreadText(figures.cpuMs, timeText)}</td>
      <td class="number">{sizeText(figures)}</td>
      <td class="number">{known}</td>
      <td class="number">{control.length === 0 ? '' : controlText(controlFigures)}</td>
      <td>{exportText(score.exports)}</td>
    </tr>
  );
}

const spreadText = (spread: Figures['tried'], text: (value: number) => string): string =>
  spread === null ? '' : `${text(spread.median)} (${text(spread.p90)})`;

const sizeText = ({ largest, small, shrunk }: Figures): string =>
  largest === null ? '' : `${largest}${small < shrunk ? ` (${small} of ${shrunk} small)` : ''}`;

const controlText = ({ found, of, tried }: Figures): string =>
  `${found} of ${of}${tried === null ? '' : `, ${grouped(tried.median)}`}`;

const exportText = (names: Score['exports']): string =>
  names === null ? 'unknown' : names.length === 0 ? 'neither fsx nor xfs_io' : names.join(', ');

function Impossible({ bugs }: { readonly bugs: Bugs['impossible'] }) {
  if (bugs.length === 0) return null;
  return (
    <section>
      <h2>{plural(bugs.length, 'bug')} that cannot exist here</h2>
      <dl>
        {bugs.map(({ id, source, mechanism, why }) => (
          <div key={id}>
            <dt>
              {id} <span class="dim">{source}</span>
            </dt>
            <dd>
              {mechanism} {why}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
