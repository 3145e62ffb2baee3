import type { StoryCut, StoryWrite } from '../../harness/story.ts';
import { grouped, plural } from './numbers.ts';

const FATES: Readonly<Record<StoryWrite['fate'], string>> = {
  durable: 'durable',
  there: 'arrived',
  lost: 'lost',
  torn: 'torn',
};

/** Power cuts: what the device was given, in order, and what of it was there afterwards. */
export const PowerCuts = ({ cuts }: { readonly cuts: readonly StoryCut[] }) => (
  <>
    {cuts.map((cut) => (
      <PowerCut key={cut.title} cut={cut} />
    ))}
  </>
);

function PowerCut({ cut: { title, before, writes } }: { readonly cut: StoryCut }) {
  // A later one may be durable by its FUA alone.
  const atStake = writes.findIndex(({ fate }) => fate !== 'durable');
  return (
    <section>
      <h2>{title}</h2>
      <p class="dim">
        Time runs down. What a flush or FUA covers is durable; of what came later a power cut leaves any part.
        {before > 0 ? ` ${plural(before, 'earlier write')}, all durable, left out.` : ''}
      </p>
      <div class="wide">
        <table class="cut">
          <thead>
            <tr>
              <th scope="col">#</th>
              <th scope="col">during</th>
              <th scope="col">what was written</th>
              <th scope="col">bytes</th>
              <th scope="col">became of it</th>
            </tr>
          </thead>
          <tbody>
            {writes.map((write, index) => [
              index === atStake && index > 0 ? <Line key="durable" text="all above is durable" /> : null,
              <Row key={write.number} write={write} again={writes[index - 1]?.during === write.during} />,
            ])}
            <Line key="cut" text="the power goes" />
          </tbody>
        </table>
      </div>
    </section>
  );
}

const Line = ({ text }: { readonly text: string }) => (
  <tr class="line">
    <td colSpan={5}>{text}</td>
  </tr>
);

function Row({ write, again }: { readonly write: StoryWrite; readonly again: boolean }) {
  const { number, during, what, bytes, fate, sectors, preflush, fua, underWay } = write;
  return (
    <tr class={fate}>
      <th scope="row">{number}</th>
      <td class={again ? 'dim' : undefined}>{again ? '″' : during}</td>
      <td>
        {what}
        {preflush && bytes > 0 ? <span class="chip">after a flush</span> : null}
        {fua ? <span class="chip">FUA</span> : null}
        {underWay ? <span class="chip">had not ended</span> : null}
      </td>
      <td class="number">{bytes === 0 ? '' : grouped(bytes)}</td>
      <td class="fate">
        {FATES[fate]}
        {sectors === undefined ? null : <Sectors sectors={sectors} />}
      </td>
    </tr>
  );
}

/** The sectors of a torn write, each a square. */
function Sectors({ sectors }: { readonly sectors: string }) {
  const there = Array.from(sectors).filter((one) => one === '#').length;
  return (
    <span class="sectors" role="img" aria-label={`${there} of ${plural(sectors.length, 'sector')} arrived`}>
      {Array.from(sectors).map((one, index) => (
        <i key={index} class={one === '#' ? 'there' : 'gone'} />
      ))}
    </span>
  );
}
