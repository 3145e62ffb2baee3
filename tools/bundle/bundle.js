import { chmodSync, cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** What is run and imported (package.json, harness/supervise.ts). */
const ENTRIES = {
  main: 'harness/cli/main.ts',
  worker: 'harness/worker.ts',
  harness: 'harness/index.ts',
  impl: 'impl/index.ts',
  model: 'model/index.ts',
  'vitest-reporter': 'harness/vitest-reporter.ts',
  vitest: 'harness/vitest/conforms.ts',
};

/** What of ours is read when we run, in the same places as in the sources. */
const READ = ['guest', 'generated/report-client'];

/** Rooms whose code is one file each, whoever uses it: the places in a stack then say where to look. */
const ROOMS = ['model', 'impl', 'generated/impl'];

/**
 * Makes dist/ of the sources, whose types are left out unread (erasableSyntaxOnly): `npm run typecheck` looks at them, which takes ten
 * times as long. Node.js takes a millisecond to find and link a module, and there are more than a thousand, so they become a few. All
 * files lie in one folder, as deep as those of a room in the sources, so that a path from one to what it reads is right in both.
 *
 * @param {string} root the project's folder
 */
async function bundle(root) {
  const dist = join(root, 'dist');
  if (existsSync(dist)) for (const name of readdirSync(dist)) rmSync(join(dist, name), { recursive: true });
  const input = Object.fromEntries(Object.entries(ENTRIES).map(([name, path]) => [name, join(root, path)]));
  const tsconfig = join(root, 'tsconfig.json');
  const made = await rolldown({ input, tsconfig, platform: 'node', external: isPackage });
  await made.write({
    dir: join(dist, 'bundle'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'part-[name].js',
    codeSplitting: {
      groups: ROOMS.map((room) => ({
        name: room.replace('/', '-'),
        test: (path) => path.startsWith(`${root}${room}/`),
      })),
    },
  });
  await made.close();
  chmodSync(join(dist, 'bundle/main.js'), 0o755);
  for (const path of READ) cpSync(join(root, path), join(dist, path), { recursive: true });
}

/** Is it a package or a part of Node.js, which stays what it is? @type {(name: string) => boolean} */
const isPackage = (name) => !name.startsWith('.') && !name.startsWith('/');

await bundle(fileURLToPath(new URL('../..', import.meta.url)));
