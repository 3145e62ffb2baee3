import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule, TestRunEndReason } from 'vitest/node';
import { packageVersion } from './version.ts';
import { RunFolder } from './run-folder.ts';
import { begunRun, endedRun, type FindingRecord, type RunEnd, type RunRecord } from './run-record.ts';
import { toldStory, writeStory } from './story.ts';

/** What may be said of the reporter in vitest's configuration. */
export interface ReporterOptions {
  /** Where runs are kept. */
  readonly results?: string;
}

/** A test that failed, as a finding and with what its folder holds. */
interface Failed {
  readonly record: FindingRecord;
  readonly test: TestCase;
}

const ID_CHARACTERS_MAX = 60;

/**
 * A reporter for vitest: a run of tests leaves the same folder as one of twinpath's own verbs, with `run.json` and `report.html`. Use it
 * beside others: `reporters: ['default', 'twinpath/vitest-reporter']`. A test that failed is a finding; one that was skipped with
 * a reason that begins with `unknown` could not be judged.
 */
export default class TwinpathReporter implements Reporter {
  readonly #results: string;
  #startedAt = new Date();

  constructor({ results = 'twinpath-results' }: ReporterOptions = {}) {
    this.#results = results;
  }

  onTestRunStart(): void {
    this.#startedAt = new Date();
  }

  async onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly { readonly message: string }[],
    reason: TestRunEndReason,
  ): Promise<void> {
    const folder = RunFolder.create(this.#results, 'properties', this.#startedAt);
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const failed = tests.filter((test) => test.result().state === 'failed').map(findingOf);
    for (const { record, test } of failed)
      writeStory(folder.caseFolder(record.id).path, storyOfTest(record, test));
    const files = modules.map(({ moduleId }) => relative('', moduleId));
    const run = begunRun(
      {
        verb: 'properties',
        seed: null,
        // A file is what holds or does not: reports for programs have a line for each.
        targets: files,
        faults: [],
        again: null,
        options: { files },
        twinpath: packageVersion(),
        e2fsck: null,
      },
      this.#startedAt,
    );
    const now = new Date();
    folder.writeRun(endedRun(run, endOf(tests, failed, brokenOf(modules, errors), reason, now, run), now));
    // Loaded only now: tests need not wait for it.
    const { writeReport } = await import('./cli/write-report.ts');
    process.stdout.write(`report    ${writeReport(folder.path)}\n`);
  }
}

/** What went wrong outside of any test: a file that cannot be imported has no tests to fail. */
const brokenOf = (
  modules: readonly TestModule[],
  errors: readonly { readonly message: string }[],
): string[] => [
  ...errors.map(({ message }) => message),
  ...modules.flatMap((module) =>
    module.errors().map(({ message }) => `${relative('', module.moduleId)}: ${message}`),
  ),
];

function endOf(
  tests: readonly TestCase[],
  failed: readonly Failed[],
  broken: readonly string[],
  reason: TestRunEndReason,
  now: Date,
  { startedAt }: RunRecord,
): RunEnd {
  const unknown: Record<string, number> = {};
  for (const message of broken) unknown[message] = (unknown[message] ?? 0) + 1;
  for (const test of tests) {
    const result = test.result();
    const note = result.state === 'skipped' ? (result.note ?? '') : '';
    if (note.startsWith('unknown')) unknown[note] = (unknown[note] ?? 0) + 1;
  }
  const outcome = outcomeOf(tests.length, failed.length, Object.keys(unknown).length > 0, reason);
  return {
    outcome,
    exitCode: outcome === 'held' ? 0 : 1,
    elapsedMs: now.getTime() - Date.parse(startedAt),
    counts: { tests: tests.length, passed: tests.filter((test) => test.result().state === 'passed').length },
    unknown,
    findings: failed.map(({ record }) => record),
  };
}

function outcomeOf(
  tests: number,
  failed: number,
  anyUnknown: boolean,
  reason: TestRunEndReason,
): NonNullable<RunEnd['outcome']> {
  if (failed > 0) return 'found';
  if (reason === 'interrupted') return 'interrupted';
  if (anyUnknown) return 'unknown';
  return tests === 0 ? 'nothing' : 'held';
}

function findingOf(test: TestCase, index: number): Failed {
  const [error] = test.result().errors ?? [];
  const message = error?.message.split('\n', 1)[0] ?? 'it failed';
  const number = String(index + 1).padStart(2, '0');
  const words = test.name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, ID_CHARACTERS_MAX);
  const record = {
    id: `${number}-${words.replaceAll(/^-|-$/g, '')}`,
    kind: 'test',
    target: relative('', test.module.moduleId),
    operation: null,
    detail: error?.name ?? 'Error',
    summary: `${test.fullName}: ${message}`,
    foundWith: 0,
    operations: 0,
    shrinkRuns: 0,
    times: 1,
    note: null,
  };
  return { record, test };
}

function storyOfTest({ summary, target }: FindingRecord, test: TestCase): ReturnType<typeof toldStory> {
  const [error] = test.result().errors ?? [];
  return toldStory(summary, {
    facts: [
      ['Test', test.fullName],
      ['File', target],
    ],
    expected: textOf(error?.expected),
    observed: textOf(error?.actual),
    details: error === undefined ? null : `${error.message}\n${error.stack ?? ''}`,
  });
}

/** Vitest hands over what a test compared as text already, or as whatever survived the way from another process. */
function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
