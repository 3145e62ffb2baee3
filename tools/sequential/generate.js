import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Made when generated/ was last brought up to date: the names of the files that it was made of. */
const STAMP = 'generated/.made';

/** What generated/ is made of and with. */
const FOLDERS = ['impl', 'tools/sequential'];

/**
 * Brings generated/ up to date (write.js). The compiler is loaded only when there is something to do.
 *
 * @param {string} root the project's folder
 */
export async function generateSequential(root) {
  const paths = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  ).sort();
  const stamp = join(root, STAMP);
  const names = `${paths.join('\n')}\n`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === names && !paths.some(newerThan(stamp))) return;
  const started = new Date();
  const { writeSequential } = await import('./write.js');
  writeSequential(root);
  writeFileSync(stamp, names);
  utimesSync(stamp, started, started);
}

/** @param {string} stamp */
function newerThan(stamp) {
  const { mtimeMs } = statSync(stamp);
  return (/** @type {string} */ path) => statSync(path).mtimeMs >= mtimeMs;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await generateSequential(join(import.meta.dirname, '../..'));
