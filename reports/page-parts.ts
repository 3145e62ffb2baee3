import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PageParts } from './html.ts';

/** Where tools/report-client/bundle.js puts what it makes of client/: beside reports/, in the source and in dist/ alike. */
const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '../generated/report-client');

/** The script and the style of every page. */
export const readPageParts = (): PageParts => ({
  script: readFileSync(join(FOLDER, 'report.js'), 'utf8').trim(),
  style: readFileSync(join(FOLDER, 'report.css'), 'utf8').trim(),
});
