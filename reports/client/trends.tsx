import type { TrendPoint } from '../../harness/stored-run.ts';
import { LineChart } from './line-chart.tsx';
import { grouped, plural, short } from './numbers.ts';

/** What the same verb did before. */
export function Trends({ points, name }: { readonly points: readonly TrendPoint[]; readonly name: string }) {
  const names = points.map(({ startedAt }) => startedAt.slice(5, 16).replace('T', ' '));
  const counts = [...new Set(points.flatMap((point) => Object.keys(point.counts)))];
  return (
    <>
      <h1 tabIndex={-1}>Trends</h1>
      <p class="dim">
        {plural(points.length, 'run')} of this verb in the same folder, oldest first. Runs on other machines,
        or with other options, may lie among them.
      </p>
      {counts.map((count) => (
        <section key={count}>
          <h2>{count} per second</h2>
          <LineChart
            label={`${count} per second, run by run`}
            xNames={names}
            yText={short}
            lines={[{ name: count, points: ratesOf(points, count) }]}
          />
        </section>
      ))}
      <h2>Runs</h2>
      <div class="wide">
        <table class="findings">
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Outcome</th>
              <th scope="col" class="number">
                Findings
              </th>
              {counts.map((count) => (
                <th key={count} scope="col" class="number">
                  {count}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...points].reverse().map((point) => (
              <tr key={point.name} class={point.name === name ? 'at' : ''}>
                <td>{point.name}</td>
                <td>
                  <span class={`chip ${point.outcome ?? 'unfinished'}`}>
                    {point.outcome ?? 'not finished'}
                  </span>
                </td>
                <td class="number">{grouped(point.findings)}</td>
                {counts.map((count) => (
                  <td key={count} class="number">
                    {grouped(point.counts[count] ?? 0)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** Runs that did not come to their end have no rate. */
function ratesOf(points: readonly TrendPoint[], count: string) {
  return points.flatMap(({ elapsedMs, counts, name }, x) => {
    const done = counts[count];
    if (elapsedMs === null || elapsedMs === 0 || done === undefined) return [];
    const y = (done / elapsedMs) * 1000;
    return [{ x, y, title: `${name}: ${grouped(y, 1)} per second` }];
  });
}
