import { expect, test } from 'vitest';
import { checksOf } from './checks.ts';
import { githubAnnotations, githubSummary } from './github.ts';
import { junitXml } from './junit.ts';
import { HOSTILE, hostileRun, longRun } from './stored-run.fixture.ts';
import { tapText } from './tap.ts';
import type { StoredRun } from '../harness/stored-run.ts';

const withRun = (run: Partial<StoredRun['run']>): StoredRun => ({
  ...hostileRun,
  findings: [],
  run: { ...hostileRun.run, findings: [], unknown: {}, ...run },
});

const HELD = withRun({ outcome: 'held', exitCode: 0 });

const verdicts = (stored: StoredRun): string[] =>
  checksOf(stored).map(({ verdict, name }) => `${verdict} ${name}`);

test('a run that held has a check for each target', () => {
  expect(verdicts(HELD)).toEqual(['holds impl:buffer_head held', 'holds impl:iomap held']);
});

test('what could not be judged is never among what holds', () => {
  expect(verdicts(withRun({ outcome: 'unknown', unknown: { 'no root': 3 } }))).toEqual([
    'unknown 3 could not be judged: no root',
  ]);
  for (const outcome of ['nothing', 'interrupted', null] as const)
    expect(checksOf(withRun({ outcome })).map(({ verdict }) => verdict)).toEqual(['unknown']);
});

test('a finding fails its target and leaves the others', () => {
  expect(verdicts(withRun({ outcome: 'found', findings: hostileRun.run.findings.slice(1, 2) }))).toEqual([
    'fails 02-tree: tree pread bytes',
    'holds impl:buffer_head held',
  ]);
});

test('JUnit: counts agree with what is there, and no text is markup', () => {
  const xml = junitXml(hostileRun);
  expect(xml.match(/<testcase /g)).toHaveLength(4);
  expect(xml.match(/<failure /g)).toHaveLength(3);
  expect(xml.match(/<error /g)).toHaveLength(1);
  expect(xml).toContain('tests="4" failures="3" errors="1"');
  expect(xml).not.toMatch(/<(script|img|svg)/);
  expect(junitXml(HELD)).toContain('tests="2" failures="0" errors="0"');
});

test('JUnit: what XML cannot hold is replaced', () => {
  const xml = junitXml(withRun({ outcome: 'unknown', unknown: { 'a\0b\u001b[31m\ud800c\uffff': 1 } }));
  expect(xml).not.toMatch(/[\u0000-\u0008\u001b\uffff]/);
  expect(xml).not.toMatch(/\p{Surrogate}/u);
  expect(xml).toContain('a\ufffdb\ufffd[31m\ufffdc\ufffd');
});

test('TAP: a plan, and each line of what failed inside its block', () => {
  const text = tapText({ ...hostileRun, name: 'x' });
  const lines = text.trimEnd().split('\n');
  expect(lines.slice(0, 2)).toEqual(['TAP version 14', '1..4']);
  expect(lines.slice(2).filter((line) => !line.startsWith('  '))).toEqual([
    expect.stringMatching(/^not ok 1 - 01-result/),
    expect.stringMatching(/^not ok 2 - 02-tree/),
    expect.stringMatching(/^not ok 3 - 03-e2fsck/),
    expect.stringMatching(/^not ok 4 - 2 could not be judged/),
  ]);
  expect(tapText(HELD)).toBe('TAP version 14\n1..2\nok 1 - impl:buffer_head held\nok 2 - impl:iomap held\n');
});

test('TAP: a name that looks like a directive is none', () => {
  const text = tapText(withRun({ outcome: 'unknown', unknown: { 'x # SKIP\nok 2 - y': 1 } }));
  expect(text.split('\n')[2]).toBe(String.raw`not ok 1 - 1 could not be judged: x \# SKIP ok 2 - y`);
});

test('GitHub: one line a finding, whatever its text holds', () => {
  const evil = 'x\n::set-env name=PATH::/tmp\r\n100%';
  const text = githubAnnotations(withRun({ outcome: 'unknown', unknown: { [evil]: 1 } }));
  expect(text.split('\n')).toHaveLength(2);
  expect(text).toMatch(/^::warning title=/);
  expect(text).toContain('%0A::set-env name=PATH::/tmp%0D%0A100%25');
  expect(githubAnnotations(HELD)).toBe('');
  expect(githubAnnotations(longRun(50)).trimEnd().split('\n')).toHaveLength(10);
});

test('GitHub: the summary is short, and fences what is hostile', () => {
  const summary = githubSummary(
    withRun({ outcome: 'unknown', unknown: { ['````\n# evil ' + HOSTILE[1]]: 1 } }),
  );
  expect(summary).toContain('⚠️ UNKNOWN');
  expect(summary).toContain('`````text\n');
  expect(githubSummary(longRun(100_000)).length).toBeLessThan(600_000);
  expect(githubSummary(HELD)).toContain('✅ HELD');
});
