import { useState } from 'preact/hooks';
import type { ReportData } from '../report-data.ts';
import { grouped, plural } from './numbers.ts';
import { hrefOf } from './route.ts';

type Record = ReportData['run']['findings'][number];

interface Column {
  readonly title: string;
  readonly value: (record: Record) => string | number;
  readonly number?: true;
}

const COLUMNS: readonly Column[] = [
  { title: 'Finding', value: ({ id }) => id },
  { title: 'Kind', value: ({ kind }) => kind },
  { title: 'Target', value: ({ target }) => target },
  { title: 'Summary', value: ({ summary }) => summary },
  { title: 'Found with', value: ({ foundWith }) => foundWith, number: true },
  { title: 'Now', value: ({ operations }) => operations, number: true },
  { title: 'Times', value: ({ times }) => times, number: true },
];

/** Rows that are shown at first: a page with thousands of rows answers late. */
const ROWS_AT_ONCE = 200;

/** Every finding a row; sorted by any column, filtered by any word of it. */
export function FindingsTable({ data }: { readonly data: ReportData }) {
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState({ column: 0, down: false });
  const [rows, setRows] = useState(ROWS_AT_ONCE);
  const { findings, outcome } = data.run;
  if (findings.length === 0)
    return (
      <section>
        <h2>Findings</h2>
        <p class="dim">{outcome === 'held' ? 'None: all that ran held.' : 'None.'}</p>
      </section>
    );
  const pages = new Set(data.pages.map(({ record }) => record.id));
  const wanted = sorted(
    findings.filter((record) => matches(record, filter)),
    sort,
  );
  return (
    <section>
      <h2>Findings</h2>
      <div class="filter">
        <input
          type="search"
          aria-label="Filter findings"
          placeholder="Filter ( / )"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
        <span role="status" class="dim">
          {wanted.length === findings.length
            ? plural(findings.length, 'finding')
            : `${grouped(wanted.length)} of ${plural(findings.length, 'finding')}`}
        </span>
      </div>
      <div class="wide">
        <table class="findings">
          <thead>
            <tr>
              {COLUMNS.map((column, index) => (
                <Heading key={column.title} column={column} index={index} sort={sort} onSort={setSort} />
              ))}
            </tr>
          </thead>
          <tbody>
            {wanted.slice(0, rows).map((record) => (
              <Row key={record.id} record={record} hasPage={pages.has(record.id)} />
            ))}
          </tbody>
        </table>
      </div>
      {wanted.length > rows ? (
        <button type="button" onClick={() => setRows(rows + ROWS_AT_ONCE)}>
          Show more of {grouped(wanted.length)}
        </button>
      ) : null}
    </section>
  );
}

interface Sort {
  readonly column: number;
  readonly down: boolean;
}

function Heading(props: {
  readonly column: Column;
  readonly index: number;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}) {
  const { column, index, sort, onSort } = props;
  const own = sort.column === index;
  const order = own ? (sort.down ? 'descending' : 'ascending') : undefined;
  return (
    <th scope="col" aria-sort={order} class={column.number === true ? 'number' : undefined}>
      <button type="button" onClick={() => onSort({ column: index, down: own && !sort.down })}>
        {column.title}
        <span aria-hidden="true">{own ? (sort.down ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
}

function Row({ record, hasPage }: { readonly record: Record; readonly hasPage: boolean }) {
  return (
    <tr>
      {COLUMNS.map((column, index) => {
        const value = column.value(record);
        const text = typeof value === 'number' ? grouped(value) : value;
        return (
          <td key={column.title} class={column.number === true ? 'number' : undefined}>
            {index === 0 && hasPage ? <a href={hrefOf('finding', record.id)}>{text}</a> : text}
          </td>
        );
      })}
    </tr>
  );
}

function matches(record: Record, filter: string): boolean {
  const text = [...COLUMNS.map(({ value }) => String(value(record))), record.note ?? '', record.detail]
    .join(' ')
    .toLowerCase();
  return filter
    .toLowerCase()
    .split(' ')
    .every((word) => text.includes(word));
}

function sorted(records: readonly Record[], { column, down }: Sort): Record[] {
  const value = COLUMNS[column]?.value ?? (() => 0);
  const order = (left: Record, right: Record): number => {
    const [one, other] = [value(left), value(right)];
    return typeof one === 'number' && typeof other === 'number'
      ? one - other
      : String(one).localeCompare(String(other));
  };
  return [...records].sort((left, right) => (down ? order(right, left) : order(left, right)));
}
