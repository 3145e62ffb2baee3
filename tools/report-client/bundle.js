import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the page of a report is made of, and what it becomes (reports/page-parts.ts reads it). */
const FOLDER = 'reports/client';
const MADE = 'generated/report-client';

/**
 * Bundles the script of reports into one file, unless what is there is newer than its source. The bundler is loaded only when there is
 * something to do.
 *
 * @param {string} root the project's folder
 */
export async function bundleReportClient(root) {
  const made = join(root, MADE, 'report.js');
  if (existsSync(made) && !sources(root).some((path) => statSync(path).mtimeMs >= statSync(made).mtimeMs))
    return;
  // Two that bundle at the same time do not read each other's halves.
  const outDir = join(root, `${MADE}.${process.pid}`);
  const { build } = await import('vite');
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    publicDir: false,
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      outDir,
      target: 'es2022',
      lib: {
        entry: join(root, FOLDER, 'main.tsx'),
        formats: ['iife'],
        name: 'report',
        fileName: () => 'report.js',
      },
    },
  });
  if (/<\/script/i.test(readFileSync(join(outDir, 'report.js'), 'utf8')))
    throw new Error(`${FOLDER} ends a script element`);
  copyFileSync(join(root, FOLDER, 'style.css'), join(outDir, 'report.css'));
  replace(join(root, MADE), outDir);
}

/**
 * Puts a folder in another's place; when somebody else has just done the same, his will do.
 *
 * @param {string} old
 * @param {string} fresh
 */
function replace(old, fresh) {
  rmSync(old, { recursive: true, force: true });
  try {
    renameSync(fresh, old);
  } catch {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** @param {string} root */
const sources = (root) =>
  [FOLDER, 'tools/report-client'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(root, folder, name)),
  );

if (process.argv[1] === fileURLToPath(import.meta.url))
  await bundleReportClient(join(import.meta.dirname, '../..'));
