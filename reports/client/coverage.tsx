import { useState } from 'preact/hooks';
import type { ReportData } from '../report-data.ts';
import { HeatTable } from './heat-table.tsx';
import { grouped } from './numbers.ts';

type Coverage = ReportData['run']['coverage'];
type Table = Readonly<Record<string, Readonly<Record<string, number | null>>>>;

/** What a run went through, and what it never met. */
export function CoveragePage({ run }: { readonly run: ReportData['run'] }) {
  const { callbacks, sizes, rangeStates, formats } = run.coverage;
  return (
    <>
      <h1 tabIndex={-1}>Coverage</h1>
      <p class="dim">
        The darker, the oftener, by logarithm. A framed 0 is possible and never occurred; an empty cell is not
        possible, or nobody knows that it is.
      </p>
      <Answers coverage={run.coverage} />
      {rangeStates === undefined ? null : <RangeStates table={rangeStates} />}
      {sizes === undefined ? null : <Sizes sizes={sizes} />}
      {callbacks === undefined ? null : <Callbacks table={callbacks} />}
      {formats === undefined ? null : <Formats table={formats} />}
      {run.answers === undefined ? null : <DamageAnswers answers={run.answers} />}
    </>
  );
}

function Answers({ coverage: { coverage, possible = {} } }: { readonly coverage: Coverage }) {
  if (coverage === undefined) return null;
  const rows = Object.keys(coverage);
  const columns = byTotal([
    ...Object.entries(coverage),
    ...Object.entries(possible).map(
      ([row, names]) => [row, Object.fromEntries(names.map((name) => [name, 0]))] as const,
    ),
  ]);
  return (
    <HeatTable
      title="Operation × answer"
      corner="operation"
      rows={rows}
      columns={['ok', ...columns.filter((name) => name !== 'ok')]}
      count={(row, column) =>
        coverage[row]?.[column] ?? (possible[row]?.includes(column) === true ? 0 : undefined)
      }
    />
  );
}

/** The columns of a table, the fullest first. */
function byTotal(rows: readonly (readonly [string, Readonly<Record<string, number>>])[]): string[] {
  const totals = new Map<string, number>();
  for (const [, columns] of rows)
    for (const [name, count] of Object.entries(columns)) totals.set(name, (totals.get(name) ?? 0) + count);
  return [...totals].sort(([, left], [, right]) => right - left).map(([name]) => name);
}

const SINGLE_STATES = ['hole', 'delayed', 'unwritten', 'written', 'beyond', 'inline', 'unknown'];

function RangeStates({ table }: { readonly table: NonNullable<Coverage['rangeStates']> }) {
  const rows = Object.keys(table).sort();
  const mixed = byTotal(Object.entries(table)).filter((name) => !SINGLE_STATES.includes(name));
  if (rows.length === 0) return null;
  return (
    <HeatTable
      title="Operation × state of the range before"
      corner="operation"
      rows={rows}
      columns={[...SINGLE_STATES, ...mixed]}
      count={(row, column) => table[row]?.[column] ?? 0}
      note="On all targets that can tell, so each operation counts once for each of them."
    />
  );
}

function Sizes({ sizes }: { readonly sizes: NonNullable<Coverage['sizes']> }) {
  const kinds = Object.keys(sizes).sort();
  const [chosen, setChosen] = useState(kinds.includes('pwrite') ? 'pwrite' : (kinds[0] ?? ''));
  const table = sizes[chosen] ?? {};
  const [first = {}] = Object.values(table);
  if (kinds.length === 0) return null;
  return (
    <>
      <p class="choose">
        <label>
          Length and alignment of{' '}
          <select value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
            {kinds.map((kind) => (
              <option key={kind} value={kind}>
                {kind}
              </option>
            ))}
          </select>
        </label>
      </p>
      <HeatTable
        title={`${chosen}: bytes × ends on block boundaries`}
        corner="bytes"
        rows={Object.keys(table).sort((left, right) => parseInt(left) - parseInt(right))}
        columns={Object.keys(first).filter((column) => hasAny(table, column))}
        count={(row, column) => table[row]?.[column] ?? 0}
      />
    </>
  );
}

/** Transfers at a descriptor's position have no offset, and others always do. */
const hasAny = (table: Table, column: string): boolean => {
  const offsets = Object.values(table).some((row) => (row['no offset'] ?? 0) > 0);
  return (column === 'no offset') === offsets;
};

function Callbacks({ table }: { readonly table: NonNullable<Coverage['callbacks']> }) {
  const columns = Object.keys(table);
  const rows = [...new Set(Object.values(table).flatMap((counts) => Object.keys(counts)))];
  if (columns.length === 0) return null;
  return (
    <HeatTable
      title="Callback × table"
      corner="callback"
      rows={rows}
      columns={columns}
      count={(row, column) => table[column]?.[row] ?? undefined}
    />
  );
}

/** Answers differ from question to question, so each question has a line of its own. */
function Formats({ table }: { readonly table: NonNullable<Coverage['formats']> }) {
  return (
    <section class="heat">
      <h2>File systems, in sequences</h2>
      <div class="wide">
        <table class="answers formats">
          <tbody>
            {Object.entries(table).map(([question, answers]) => (
              <tr key={question}>
                <th scope="row">{question}</th>
                <td>
                  {Object.entries(answers).map(([answer, count]) => (
                    <span key={answer} class={`chip ${count === 0 ? 'zero' : ''}`}>
                      {answer} <b>{grouped(count)}</b>
                    </span>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function DamageAnswers({ answers }: { readonly answers: Readonly<Record<string, number>> }) {
  const rows = Object.entries(answers).sort(([, left], [, right]) => right - left);
  return (
    <HeatTable
      title="What damaged images answered"
      corner="answer"
      rows={rows.map(([answer]) => answer)}
      columns={['times']}
      count={(row) => answers[row]}
    />
  );
}
