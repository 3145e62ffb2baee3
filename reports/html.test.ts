import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { jsonInHtml, reportHtml } from './html.ts';
import { reportData } from './make-data.ts';
import { readPageParts } from './page-parts.ts';
import { runsPage } from './runs-page.ts';
import { HOSTILE, hostileRun, longRun } from './stored-run.fixture.ts';

const commands = (verb: string, caseFile: string): { does: string; command: string }[] => [
  { does: 'again', command: `twinpath ${verb} ${caseFile}` },
];

const PAGE = reportHtml(reportData(hostileRun, commands), readPageParts());

test('the data of a page ends no script element, and comes out as it went in', () => {
  for (const text of HOSTILE) {
    const json = jsonInHtml({ [text]: text });
    expect(json).not.toMatch(/[<\u2028]/);
    expect(JSON.parse(json)).toEqual({ [text]: text });
  }
});

test('a page has two scripts, our own and data, and its policy permits the one by its hash', () => {
  expect(PAGE.match(/<script/g)).toHaveLength(2);
  expect(PAGE.match(/<\/script/g)).toHaveLength(2);
  const [, script = ''] = /<script>([^]*?)<\/script>/.exec(PAGE) ?? [];
  const hash = createHash('sha256').update(script).digest('base64');
  const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(PAGE) ?? [];
  expect(policy).toContain(`script-src 'sha256-${hash}'`);
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
});

test('a page names no other place: it needs no network', () => {
  expect(PAGE.replaceAll('http://www.w3.org/', '')).not.toMatch(/\b(src|href)="?(https?:)?\/\//);
});

test('a list of runs escapes what it lists', () => {
  const page = runsPage(HOSTILE[0], [{ name: HOSTILE[1], run: { ...hostileRun.run, verb: HOSTILE[2] } }]);
  expect(page).not.toMatch(/<(script|img|svg)/);
  expect(page).toContain('&lt;svg onload');
});

test('what is too much for a page is cut, with a word about it', () => {
  const data = reportData(longRun(100_000), commands);
  expect(data.run.findings.length).toBeLessThan(5000);
  expect(data.cuts.join(' ')).toMatch(/of 100000 findings/);
  expect(data.cuts.join(' ')).toMatch(/first 100 findings have pages/);
  expect(reportHtml(data, { script: '', style: '' }).length).toBeLessThan(8 << 20);
});

test('a finding without a case offers no command', () => {
  const [first] = hostileRun.findings;
  const bare = { ...hostileRun, findings: first === undefined ? [] : [{ ...first, hasCase: false }] };
  expect(reportData(bare, commands).pages[0]?.commands).toEqual([]);
});
