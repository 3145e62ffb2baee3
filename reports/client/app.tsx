import type { ComponentChildren } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import type { ReportData } from '../report-data.ts';
import { Benchmarks } from './benchmarks.tsx';
import { isAboutBugs, PlantedBugs } from './bugs.tsx';
import { CoveragePage } from './coverage.tsx';
import { FindingView } from './finding.tsx';
import { Overview } from './overview.tsx';
import { hrefOf, useRoute, type Route } from './route.ts';
import { ThemeButton } from './theme.tsx';
import { Trends } from './trends.tsx';

/** The whole page: a bar that is always there, and what the address names. */
export function App({ data }: { readonly data: ReportData }) {
  const route = useRoute();
  const [place = ''] = route;
  useFilterKey();
  return (
    <>
      <a class="skip" href="#main" onClick={skipToMain}>
        Skip to the content
      </a>
      <header class="bar">
        <a class="brand" href={hrefOf()}>
          twinpath <span class="dim">{data.run.verb}</span>
        </a>
        <nav aria-label="Parts of the report">
          {placesOf(data).map(({ name, title }) => (
            <a key={name} href={hrefOf(...(name === '' ? [] : [name]))} aria-current={current(name, place)}>
              {title}
            </a>
          ))}
        </nav>
        <ThemeButton />
      </header>
      <main id="main" tabIndex={-1}>
        {pageOf(data, route)}
      </main>
      <footer class="dim">
        {data.name} · twinpath {data.run.versions.twinpath} · node {data.run.versions.node}
      </footer>
    </>
  );
}

/** A link to the content would change the address, which says what is looked at. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

const current = (name: string, place: string): 'page' | undefined =>
  name === place || (name === '' && place === 'finding') ? 'page' : undefined;

/** Only what the run has something of. */
function placesOf(data: ReportData): { name: string; title: string }[] {
  const { run, trend, measurements, bugs } = data;
  const places = [{ name: '', title: isAboutBugs(data) ? 'Planted bugs' : 'Findings' }];
  if (bugs !== null && !isAboutBugs(data)) places.push({ name: 'bugs', title: 'Planted bugs' });
  if (Object.keys(run.coverage).length > 0 || run.answers !== undefined)
    places.push({ name: 'coverage', title: 'Coverage' });
  if (trend.length > 1) places.push({ name: 'trends', title: 'Trends' });
  if (measurements.length > 0) places.push({ name: 'benchmarks', title: 'Benchmarks' });
  return places;
}

function pageOf(data: ReportData, [place, id]: Route): ComponentChildren {
  switch (place) {
    case 'coverage':
      return <CoveragePage run={data.run} />;
    case 'trends':
      return <Trends points={data.trend} name={data.name} />;
    case 'benchmarks':
      return <Benchmarks measurements={data.measurements} />;
    case 'bugs':
      if (data.bugs === null) break;
      return (
        <>
          <h1 tabIndex={-1}>Planted bugs</h1>
          <PlantedBugs bugs={data.bugs} />
        </>
      );
    case 'finding': {
      const index = data.pages.findIndex(({ record }) => record.id === id);
      const page = data.pages[index];
      if (page === undefined) break;
      const next = data.pages[index + 1]?.record.id ?? null;
      const previous = data.pages[index - 1]?.record.id ?? null;
      return <FindingView key={page.record.id} page={page} previous={previous} next={next} />;
    }
    default:
      break;
  }
  return <Overview data={data} />;
}

/** `/` goes to the field that filters, as in other tools. */
function useFilterKey(): void {
  // Before the page is painted: keys that are pressed as soon as something is seen are heard.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key !== '/' || event.target instanceof HTMLInputElement) return;
      const field = document.querySelector<HTMLInputElement>('input[type=search]');
      if (field === null) return;
      event.preventDefault();
      field.focus();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}
