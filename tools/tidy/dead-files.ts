import { importsOf, type Source } from './source.ts';

/** Files that something outside of the project starts or imports (package.json, harness/supervise.ts). */
const ENTRY_POINTS = [
  'model/index.ts',
  'impl/index.ts',
  'harness/index.ts',
  'harness/cli/main.ts',
  'harness/worker.ts',
  'harness/vitest-reporter.ts',
  // Where the bundle of reports' page begins (tools/report-client/bundle.js).
  'reports/client/main.tsx',
  // These stand in generated/ for files of impl/ (tools/sequential/write.js).
  'impl/sched/sequential/scheduler.ts',
  'impl/sched/sequential/sleepable.ts',
];

const RUN_BY_VITEST = /\.(test|property|bench)\.ts$/;

/** Tools that package.json, `run` and vitest name. */
const STARTED = /^tools\/[^/]+\.ts$/;

/** Files that neither an entry point nor a test reaches: nobody would miss them. */
export function deadFiles(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const reached = new Set<string>();
  const waiting = [...byPath.keys()].filter(
    (path) => ENTRY_POINTS.includes(path) || RUN_BY_VITEST.test(path) || STARTED.test(path),
  );
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const source = byPath.get(path);
    if (source === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const one of importsOf(source)) if (one.path !== null) waiting.push(one.path);
  }
  return [...byPath.keys()]
    .filter((path) => !reached.has(path))
    .map((path) => `${path} is reached by nothing`);
}
