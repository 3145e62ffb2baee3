import { grouped, short } from './numbers.ts';

interface HeatProps {
  readonly title: string;
  /** What a row and a column are, for the corner. */
  readonly corner: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** How often; undefined where that cannot be. */
  readonly count: (row: string, column: string) => number | undefined;
  readonly note?: string;
}

const SHADES = 6;

/** Counts as a table of shades, by logarithm; a zero that could be more stands out, what cannot be is empty. */
export function HeatTable({ title, corner, rows, columns, count, note }: HeatProps) {
  const cells = rows.flatMap((row) => columns.map((column) => count(row, column)));
  const most = Math.max(1, ...cells.map((cell) => cell ?? 0));
  const possible = cells.filter((cell) => cell !== undefined);
  const never = possible.filter((cell) => cell === 0).length;
  return (
    <section class="heat">
      <h2>{title}</h2>
      <p class="dim">
        {never === 0
          ? `All ${grouped(possible.length)} occurred.`
          : `${grouped(never)} of ${grouped(possible.length)} never occurred.`}{' '}
        {note ?? ''}
      </p>
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th scope="col" class="corner">
                {corner}
              </th>
              {columns.map((column) => (
                <th key={column} scope="col" class="upright">
                  <span>{column}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row}>
                <th scope="row">{row}</th>
                {columns.map((column) => (
                  <Cell key={column} value={count(row, column)} most={most} name={`${row}, ${column}`} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Cell({
  value,
  most,
  name,
}: {
  readonly value: number | undefined;
  readonly most: number;
  readonly name: string;
}) {
  if (value === undefined) return <td class="none" />;
  if (value === 0)
    return (
      <td class="zero" title={`${name}: never`}>
        0
      </td>
    );
  const shade = most <= 1 ? SHADES : 1 + Math.floor((Math.log(value) / Math.log(most)) * (SHADES - 1));
  return (
    <td class={`shade${shade}`} title={`${name}: ${grouped(value)}`}>
      {short(value)}
    </td>
  );
}
