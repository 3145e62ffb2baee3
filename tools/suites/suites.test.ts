import { execa } from 'execa';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { whyNoMount } from '../../harness/mount/mounted.fixture.ts';
import { processesNaming } from './processes.fixture.ts';

/** However `./run suites` ends, nothing of the suite that ran then stays: no process, no mount, no image in memory. */

const SUITES = join(import.meta.dirname, 'suites.sh');

let folder: string;
const at = (name: string): string => join(folder, name);

/** A suite that does not end by itself, where the one of that name would have been built. */
beforeEach((context) => {
  const why = whyNoMount();
  context.skip(why !== null, `unknown: ${String(why)}`);
  folder = mkdtempSync(join(tmpdir(), 'suites-test-'));
  for (const name of ['work', 'cache', 'cache/diod', 'cache/fuse3', 'cache/bin']) mkdirSync(at(name));
  const program = at('cache/bin/test_syscalls');
  writeFileSync(program, `#!/bin/sh\necho one >file && echo "$PWD" >${at('started')} && exec sleep 1000\n`);
  chmodSync(program, 0o755);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const run = () =>
  execa('bash', [SUITES, '--only', 'test_syscalls', '--columns', 'iomap', '--blocks', '4096'], {
    env: { TWINPATH_SUITES: at('cache'), TWINPATH_SUITES_WORK: at('work'), TMPDIR: folder },
    reject: false,
    all: true,
  });

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !holds() && Date.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(holds()).toBe(true);
}

/** What a suite has started, and what has started it. */
const atWork = (): string[] => processesNaming(at('work'));

test.each([['SIGINT'], ['SIGTERM'], ['SIGHUP'], ['SIGKILL']] as const)(
  'after %s nothing is left',
  async (signal) => {
    const suites = run();
    await until(() => existsSync(at('started')));
    expect(readdirSync(at('work'))).toHaveLength(1);
    expect(atWork().length).toBeGreaterThan(2);
    suites.kill(signal);
    const { exitCode, all } = await suites;
    if (signal !== 'SIGKILL') {
      expect(exitCode).toBe(130);
      expect(all).toContain('suites: stopped; what was said until then:');
    }
    await until(() => readdirSync(at('work')).length === 0 && atWork().length === 0);
  },
  120_000,
);
