import type { Measurement } from '../../harness/bench-record.ts';
import { LineChart, type ChartLine } from './line-chart.tsx';
import { bytesText, grouped, short } from './numbers.ts';

/** Who is measured first; everybody else follows in the order of the file. */
const SUBJECTS = ['buffer_head', 'iomap', 'memcpy'];

/** Each workload with a chart and a table. */
export function Benchmarks({ measurements }: { readonly measurements: readonly Measurement[] }) {
  const groups = new Map<string, Measurement[]>();
  for (const one of measurements) {
    const key = JSON.stringify([one.suite, one.workload, one.unit]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return (
    <>
      <h1 tabIndex={-1}>Benchmarks</h1>
      <p class="dim">Medians; a bar is the spread from the first to the last quartile of the repetitions.</p>
      {[...groups].map(([key, group]) => (
        <Workload key={key} group={group} />
      ))}
    </>
  );
}

function Workload({ group }: { readonly group: readonly Measurement[] }) {
  const [first] = group;
  if (first === undefined) return null;
  const sizes = [...new Set(group.map(({ sizeBytes }) => sizeBytes))].sort((a, b) => (a ?? 0) - (b ?? 0));
  const subjects = inOrder([...new Set(group.map(({ subject }) => subject))]);
  const find: Find = (subject, size) =>
    group.findLast((one) => one.subject === subject && one.sizeBytes === size) ?? null;
  const names = sizes.map((size) => (size === null ? '' : bytesText(size)));
  return (
    <section>
      <h2>
        {first.workload} <span class="dim">{first.suite}</span>
      </h2>
      {sizes.length > 1 ? (
        <LineChart
          label={`${first.workload}, ${first.unit} by bytes of a call`}
          lines={subjects.map((subject) => lineOf(subject, sizes, find, first.unit))}
          xNames={names}
          yText={short}
        />
      ) : null}
      <Rates {...{ first, sizes, subjects, find }} />
    </section>
  );
}

type Find = (subject: string, size: number | null) => Measurement | null;

const inOrder = (subjects: readonly string[]): string[] => [
  ...SUBJECTS.filter((name) => subjects.includes(name)),
  ...subjects.filter((name) => !SUBJECTS.includes(name)),
];

function lineOf(subject: string, sizes: readonly (number | null)[], find: Find, unit: string): ChartLine {
  const points = sizes.flatMap((size, x) => {
    const one = find(subject, size);
    if (one === null) return [];
    const [from, y, to] = quartiles(one.samples);
    return [
      {
        x,
        y,
        from,
        to,
        title: `${subject}, ${size === null ? '' : bytesText(size)}: ${grouped(y, 1)} ${unit}`,
      },
    ];
  });
  return { name: subject, points, dashed: subject === 'memcpy' };
}

interface RatesProps {
  readonly first: Measurement;
  readonly sizes: readonly (number | null)[];
  readonly subjects: readonly string[];
  readonly find: Find;
}

/** The medians, the ratio of the two paths beside the series', and each path's share of memcpy. */
function Rates({ first: { unit, better }, sizes, subjects, find }: RatesProps) {
  const hasPaths = subjects.includes('buffer_head') && subjects.includes('iomap');
  const series = (size: number | null): number | null => find('iomap', size)?.series ?? null;
  const hasSeries = sizes.some((size) => series(size) !== null);
  const median = (subject: string, size: number | null): number | null => {
    const one = find(subject, size);
    return one === null ? null : quartiles(one.samples)[1];
  };
  const ratio = (above: string, below: string, size: number | null): string => {
    const [one, other] = [median(above, size), median(below, size)];
    return one === null || other === null || other === 0 ? '' : (one / other).toFixed(2);
  };
  /** How many times as much as the subject that it is told a multiple of. */
  const multiple = (subject: string, size: number | null): string => {
    const of = find(subject, size)?.multipleOf;
    const text = of === undefined ? '' : ratio(subject, of, size);
    return text === '' ? '' : ` (${text} x)`;
  };
  const shares = unit === 'MiB/s' && subjects.includes('memcpy');
  return (
    <div class="wide">
      <table class="findings">
        <thead>
          <tr>
            <th scope="col">{sizes.length > 1 ? 'bytes of a call' : ''}</th>
            {subjects.map((subject) => (
              <th key={subject} scope="col" class="number">
                {subject} {unit}
              </th>
            ))}
            {hasPaths ? <Head>iomap / buffer_head</Head> : null}
            {hasPaths && hasSeries ? <Head>the series</Head> : null}
            {shares ? <Head>buffer_head / memcpy</Head> : null}
            {shares ? <Head>iomap / memcpy</Head> : null}
          </tr>
        </thead>
        <tbody>
          {sizes.map((size) => (
            <tr key={size}>
              <th scope="row">{size === null ? `${better} is better` : bytesText(size)}</th>
              {subjects.map((subject) => (
                <td key={subject} class="number">
                  {grouped(median(subject, size) ?? NaN, 1)}
                  {multiple(subject, size)}
                </td>
              ))}
              {hasPaths ? <td class="number strong">{ratio('iomap', 'buffer_head', size)}</td> : null}
              {hasPaths && hasSeries ? <td class="number">{series(size)?.toFixed(2) ?? ''}</td> : null}
              {shares ? <td class="number">{ratio('buffer_head', 'memcpy', size)}</td> : null}
              {shares ? <td class="number">{ratio('iomap', 'memcpy', size)}</td> : null}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Head = ({ children }: { readonly children: string }) => (
  <th scope="col" class="number">
    {children}
  </th>
);

/** First quartile, median, last quartile. */
function quartiles(samples: readonly number[]): [number, number, number] {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = (sorted.length - 1) * share;
    const [low, high] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
    return low + (high - low) * (place - Math.floor(place));
  };
  return [at(0.25), at(0.5), at(0.75)];
}
