import type { Story } from '../../harness/story.ts';
import { grouped, plural } from './numbers.ts';

/** What was expected beside what was observed; the first difference is marked. */
export function Difference({ story }: { readonly story: Story }) {
  const { expected, observed, difference } = story;
  if (expected === null && observed === null) return null;
  const [left, right] = [expected ?? '', observed ?? ''];
  const same = commonStart(left, right);
  return (
    <section>
      <h2>Expected and observed</h2>
      <div class="sides">
        <Side title="The model expects" text={left} same={same} />
        <Side title="Observed" text={right} same={same} />
      </div>
      <Fields fields={difference?.fields ?? []} />
      {difference?.bytes === undefined ? null : <Bytes bytes={difference.bytes} />}
    </section>
  );
}

function commonStart(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length++;
  // Half a word is not what differs.
  while (length > 0 && /\S/.test(left[length - 1] ?? ' ')) length--;
  return length;
}

function Side({
  title,
  text,
  same,
}: {
  readonly title: string;
  readonly text: string;
  readonly same: number;
}) {
  const end = text.slice(same).search(/\s|$/);
  return (
    <div>
      <h3>{title}</h3>
      <pre>
        {text.slice(0, same)}
        <mark>{text.slice(same, same + end)}</mark>
        {text.slice(same + end)}
      </pre>
    </div>
  );
}

type Detail = NonNullable<Story['difference']>;

function Fields({ fields }: { readonly fields: NonNullable<Detail['fields']> }) {
  if (fields.length === 0) return null;
  return (
    <table class="answers">
      <thead>
        <tr>
          <th scope="col">Attribute</th>
          <th scope="col">expected</th>
          <th scope="col">observed</th>
        </tr>
      </thead>
      <tbody>
        {fields.map(({ field, expected, observed }) => (
          <tr key={field}>
            <th scope="row">{field}</th>
            <td>{expected}</td>
            <td class="failed">{observed}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type ByteRows = NonNullable<Detail['bytes']>;

/** Rows that are shown at once. */
const ROWS_AT_ONCE = 16;

/** Rows of sixteen bytes that differ, each byte that does marked. */
function Bytes({ bytes: { rows, more } }: { readonly bytes: ByteRows }) {
  const [first, rest] = [rows.slice(0, ROWS_AT_ONCE), rows.slice(ROWS_AT_ONCE)];
  return (
    <div class="wide">
      <p class="dim">
        {plural(rows.length + more, 'row')} of sixteen bytes differ, counted from where the read began.
      </p>
      <RowTable rows={first} />
      {rest.length === 0 ? null : (
        <details>
          <summary>{plural(rest.length, 'row')} more</summary>
          <RowTable rows={rest} />
          {more > 0 ? <p class="note">{plural(more, 'row')} beyond these were not kept.</p> : null}
        </details>
      )}
    </div>
  );
}

const RowTable = ({ rows }: { readonly rows: ByteRows['rows'] }) => (
  <table class="bytes">
    <thead>
      <tr>
        <th scope="col">offset</th>
        <th scope="col">expected</th>
        <th scope="col">observed</th>
      </tr>
    </thead>
    <tbody>
      {rows.map(({ offset, expected, observed }) => (
        <tr key={offset}>
          <th scope="row" title={grouped(offset)}>
            {offset.toString(16).padStart(6, '0')}
          </th>
          <td>
            <Hex own={expected} other={observed} />
          </td>
          <td>
            <Hex own={observed} other={expected} />
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

function Hex({ own, other }: { readonly own: string; readonly other: string }) {
  const others = other.split(' ');
  return (
    <code>
      {own.split(' ').map((byte, index) => {
        const there = others[index] ?? '';
        const differs = byte !== there && byte !== '..' && there !== '..';
        return differs ? <mark key={index}>{byte} </mark> : `${byte} `;
      })}
    </code>
  );
}
