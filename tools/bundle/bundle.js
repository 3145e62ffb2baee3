import { chmodSync, cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** Where the compiler puts one file for each of ours, with types (tsconfig.build.json); it goes on where it stopped there. */
const COMPILED = 'dist/.compiled';

/** What is run and imported, and where the compiler put it (package.json, harness/supervise.ts). */
const ENTRIES = {
  main: 'harness/cli/main.js',
  worker: 'harness/worker.js',
  harness: 'harness/index.js',
  impl: 'impl/index.js',
  model: 'model/index.js',
  'vitest-reporter': 'harness/vitest-reporter.js',
  vitest: 'harness/vitest/conforms.js',
};

/** What of ours is read when we run, in the same places as in the sources. */
const READ = ['guest', 'generated/report-client'];

/** Rooms whose code is one file each, whoever uses it: the places in a stack then say where to look. */
const ROOMS = ['model', 'impl', 'generated/impl'];

/**
 * Makes dist/ of what was compiled: Node.js takes a millisecond to find and link a module, and there are more than a thousand. All files
 * lie in one folder, as deep as those of a room in the sources, so that a path from one to what it reads is right in both.
 *
 * @param {string} root the project's folder
 */
async function bundle(root) {
  const dist = join(root, 'dist');
  for (const name of readdirSync(dist))
    if (!name.startsWith('.')) rmSync(join(dist, name), { recursive: true });
  const compiled = join(root, COMPILED);
  const input = Object.fromEntries(
    Object.entries(ENTRIES).map(([name, path]) => [name, join(compiled, path)]),
  );
  const made = await rolldown({ input, platform: 'node', external: isPackage });
  await made.write({
    dir: join(dist, 'bundle'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'part-[name].js',
    codeSplitting: {
      groups: ROOMS.map((room) => ({
        name: room.replace('/', '-'),
        test: (path) => path.startsWith(`${compiled}/${room}/`),
      })),
    },
  });
  await made.close();
  chmodSync(join(dist, 'bundle/main.js'), 0o755);
  cpSync(compiled, join(dist, 'types'), { recursive: true, filter: isType });
  for (const path of READ) cpSync(join(root, path), join(dist, path), { recursive: true });
}

/** Is it a package or a part of Node.js, which stays what it is? @type {(name: string) => boolean} */
const isPackage = (name) => !name.startsWith('.') && !name.startsWith('/');

/** A folder, or the types of a file. @type {(path: string) => boolean} */
const isType = (path) => !/\.[a-z]+$/.test(path) || path.endsWith('.d.ts') || path.endsWith(COMPILED);

await bundle(fileURLToPath(new URL('../..', import.meta.url)));
