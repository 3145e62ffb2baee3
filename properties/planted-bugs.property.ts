import { execa } from 'execa';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCase } from '../harness/index.ts';
import { openBench } from './workbench.fixture.ts';

/** What users run is built; `./run test` builds it first. */
const MAIN = resolve(import.meta.dirname, '../dist/bundle/main.js');

/** Each planted bug, and the judge that is the only one, or the first, to see it. */
const EXPECTED = [
  ['rename-forgets-ctime', ['tree', 'result']],
  ['mkdir-forgets-used-dirs', ['e2fsck']],
  ['bh-skips-partial-block', ['recovery', 'space', 'tree', 'result']],
  ['iomap-forgets-disk-size', ['recovery', 'tree', 'result']],
  ['truncate-leaks-reservation', ['crash-of-target', 'space']],
  ['commit-skips-relogged', ['recovery']],
] as const;

describe('twinpath check finds what was planted', async () => {
  const { folder } = await openBench();

  test.each(EXPECTED)('%s, and shrinks it to at most five operations', async (fault, kinds) => {
    const results = join(folder, fault);
    const words = ['check', '--seed', '77', '--fault', fault, '--results', results, '--json'];
    const { exitCode, stdout } = await execa('node', [MAIN, ...words], { reject: false });
    expect(exitCode).toBe(1);
    const report = JSON.parse(stdout) as { findings: { caseFile: string }[] };
    const file = report.findings[0]?.caseFile ?? '';
    const found = readCase(readFileSync(file, 'utf8'), file);
    expect(kinds).toContain(found.failure?.kind);
    expect(found.operations.length).toBeLessThanOrEqual(5);
  });

  test('and without anything planted, the same seed finds nothing', async () => {
    const words = ['check', '--seed', '77', '--runs', '60', '--results', join(folder, 'none'), '--json'];
    const { exitCode } = await execa('node', [MAIN, ...words], { reject: false });
    expect(exitCode).toBe(0);
  });
});
