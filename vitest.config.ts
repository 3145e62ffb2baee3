import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { bundleReportClient } from './tools/report-client/bundle.js';
import { generateSequential } from './tools/sequential/generate.js';

await generateSequential(import.meta.dirname);
await bundleReportClient(import.meta.dirname);

/** Rooms of the harness whose tests neither change what belongs to the process nor measure it: they share one, as those of impl/ do. */
const PARTS = [
  'harness/*.test.ts',
  'harness/{bench,bugs,crash,export,failing,fuse,generate,import,jobs,judges,race,shrink}/**/*.test.ts',
  'harness/targets/typescript/*.test.ts',
];

export default defineConfig({
  test: {
    // A machine that has much else to do takes minutes for what takes seconds; what hangs is ended all the same.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // By itself vitest leaves one processor to its own process, which has next to nothing to do: half of a machine with two.
    maxWorkers: availableParallelism(),
    // The second one's line comes last: CI reads it.
    reporters: ['default', './tools/count-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'files',
          include: ['{model,impl}/**/*.test.ts'],
          // Nothing in these rooms outlives a call, so one process serves one file after the other: what it has loaded and compiled
          // was most of what a file of tests took.
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'parts', include: PARTS, isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'programs',
          include: ['{harness,properties,reports,tools}/**/*.{test,property}.ts'],
          exclude: PARTS,
        },
      },
    ],
  },
});
