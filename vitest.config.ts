import { defineConfig } from 'vitest/config';
import { bundleReportClient } from './tools/report-client/bundle.js';
import { generateSequential } from './tools/sequential/generate.js';

await generateSequential(import.meta.dirname);
await bundleReportClient(import.meta.dirname);

export default defineConfig({
  test: {
    include: ['{model,impl,harness,properties,reports,tools}/**/*.{test,property}.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The second one's line comes last: CI reads it.
    reporters: ['default', './tools/count-reporter.ts'],
  },
});
