import type { StoredRun } from '../harness/stored-run.ts';
import { checksOf, type Check } from './checks.ts';
import { escaped } from './html.ts';

/** JUnit XML as CI systems read it: a finding is a failure, what could not be judged an error. */
export function junitXml(stored: StoredRun): string {
  const { run, name } = stored;
  const checks = checksOf(stored);
  const count = (verdict: Check['verdict']): number => checks.filter((one) => one.verdict === verdict).length;
  const counts = `tests="${checks.length}" failures="${count('fails')}" errors="${count('unknown')}" skipped="0"`;
  const time = ((run.elapsedMs ?? 0) / 1000).toFixed(3);
  const suite = `name="${attribute(`twinpath ${run.verb}`)}" timestamp="${run.startedAt}" hostname="${attribute(run.versions.kernel)}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="twinpath" ${counts} time="${time}">
<testsuite ${suite} ${counts} time="${time}">
<properties><property name="run" value="${attribute(name)}"/><property name="seed" value="${run.seed ?? ''}"/></properties>
${checks.map((check) => testCase(check, run.verb)).join('\n')}
</testsuite>
</testsuites>
`;
}

const TAGS = { fails: 'failure', unknown: 'error' } as const;

function testCase({ name, group, verdict, message, text, file }: Check, verb: string): string {
  const place = file === null ? '' : ` file="${attribute(file)}"`;
  const head = `<testcase classname="${attribute(`twinpath.${verb}.${group}`)}" name="${attribute(name)}"${place}`;
  if (verdict === 'holds') return `${head}/>`;
  const tag = TAGS[verdict];
  return `${head}><${tag} message="${attribute(message)}" type="${verdict}">${content(text)}</${tag}></testcase>`;
}

/** What XML 1.0 cannot hold, not even escaped, is shown as a question mark. */
const permitted = (text: string): string =>
  text.replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');

const content = (text: string): string => escaped(permitted(text));

const attribute = (text: string): string => content(text).replaceAll(/\s/g, ' ');
