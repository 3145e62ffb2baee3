import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { whyNoUml } from '../harness/targets/kernel/uml.fixture.ts';
import { blocksOf } from './docs/commands.ts';
import { pageShell, succeeds } from './docs/page-shell.fixture.ts';
import { ROOT } from './tidy/source.ts';

const MAIN = join(ROOT, 'dist/bundle/main.js');
const PAGES = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));

/** Seconds where nothing else runs; a page has a dozen commands, each of which a busy machine may take minutes for. */
const PATIENCE_MS = 1_200_000;

/** What the comments of pages call what not every machine has. */
const HAS: Readonly<Record<string, () => boolean | Promise<boolean>>> = {
  root: () => process.getuid?.() === 0,
  loop: () => {
    try {
      accessSync('/dev/loop-control', constants.R_OK | constants.W_OK);
      return true;
    } catch {
      return false;
    }
  },
  python3: () => succeeds('python3', '--version'),
  // Root needs none: it changes its root without one.
  userns: () => process.getuid?.() === 0 || succeeds('unshare', '--user', 'true'),
  uml: async () => (await whyNoUml()) === null,
  cc: () => succeeds('cc', '--version'),
};

async function lackedOf(needs: readonly string[]): Promise<string[]> {
  const lacked: string[] = [];
  for (const need of needs) if ((await HAS[need]?.()) !== true) lacked.push(need);
  return lacked;
}

/** An empty checkout in which `./run` is what was built; installing and building is what the suite of tests itself began with. */
function checkout(): string {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: npm run build`);
  const folder = mkdtempSync(join(tmpdir(), 'docs-test-'));
  writeFileSync(join(folder, 'run'), `#!/bin/sh\nexec node '${MAIN}' "$@"\n`);
  chmodSync(join(folder, 'run'), 0o755);
  symlinkSync(join(ROOT, 'guest'), join(folder, 'guest'));
  return folder;
}

describe.concurrent('every command does what its page says', () => {
  test.each(PAGES)(
    'docs/%s',
    async (page) => {
      const folder = checkout();
      const shell = await pageShell(folder);
      const missing = new Set<string>();
      try {
        for (const { needs, commands } of blocksOf(readFileSync(join(ROOT, 'docs', page), 'utf8'))) {
          const without = await lackedOf(needs);
          for (const need of without) missing.add(need);
          if (without.length > 0) continue;
          for (const { line, exitCode } of commands) {
            const said = await shell.run(line);
            expect([said.exitCode, said.all], line).toEqual([exitCode, said.all]);
          }
        }
      } finally {
        await shell.end();
        rmSync(folder, { recursive: true });
      }
      if (missing.size > 0)
        process.stderr.write(`docs/${page}: unknown what needs ${[...missing].join(', ')}\n`);
    },
    PATIENCE_MS,
  );
});

test('what a page needs has a name that means something', () => {
  const needs = PAGES.flatMap((page) => blocksOf(readFileSync(join(ROOT, 'docs', page), 'utf8'))).flatMap(
    (block) => block.needs,
  );
  expect(needs.filter((need) => HAS[need] === undefined)).toEqual([]);
});

test('links of pages lead somewhere', () => {
  const broken = PAGES.flatMap((page) =>
    [...readFileSync(join(ROOT, 'docs', page), 'utf8').matchAll(/\]\(([^)#]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(join(ROOT, 'docs', target)))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});

describe('commands of a page', () => {
  test('are those of its shell blocks, with what they need and exit with', () => {
    const page =
      '# A\n```sh\n./run a # exits with 2\n./run b\n```\n```text\nno\n```\n<!-- needs: root loop -->\n\n```sh\nc\n```\n';
    expect(blocksOf(page)).toEqual([
      {
        needs: [],
        commands: [
          { line: './run a', exitCode: 2 },
          { line: './run b', exitCode: 0 },
        ],
      },
      { needs: ['root', 'loop'], commands: [{ line: 'c', exitCode: 0 }] },
    ]);
  });
});
