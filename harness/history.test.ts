import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { caseOfHistory } from './hang.ts';
import { Heartbeat } from './heartbeat.ts';
import { History } from './history.ts';
import { RunFolder } from './run-folder.ts';
import { DEFAULT_SETUP } from './setup.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'history-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

test('a line is on disk when append returns', () => {
  const history = new History(folder);
  history.append({ type: 'driven', sequence: 0, executed: 3, failure: null });
  const text = readFileSync(join(folder, 'history.jsonl'), 'utf8');
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([{ type: 'driven', sequence: 0, executed: 3, failure: null }]);
  history.close();
});

test('a long history keeps one predecessor and loses nothing of the last lines', () => {
  const history = new History(folder);
  const reason = 'x'.repeat(1 << 20);
  for (let sequence = 0; sequence < 100; sequence++) {
    history.append({ type: 'judged', sequence, verdict: 'unknown', reason });
  }
  history.close();
  expect(readdirSync(folder).sort()).toEqual(['history.jsonl', 'history.previous.jsonl']);
  const lines = ['history.previous.jsonl', 'history.jsonl'].flatMap((name) =>
    readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'),
  );
  const numbers = lines.map((line) => (JSON.parse(line) as { sequence: number }).sequence);
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => 100 - numbers.length + index));
  expect(numbers.length).toBeGreaterThan(32);
});

test('a hang is found again in the history, also when the last line is half a line', () => {
  const history = new History(folder);
  const operations = [{ op: 'sync' }, { op: 'statfs' }] as const;
  history.append({ type: 'sequence', sequence: 7, seed: 1, setup: DEFAULT_SETUP, operations });
  history.append({ type: 'sequence', sequence: 8, seed: 2, setup: DEFAULT_SETUP, operations: [] });
  history.close();
  const heartbeat = new Heartbeat();
  heartbeat.beat(7, 1);
  const plan = {
    seed: 5,
    sequencesMax: 1,
    durationMs: null,
    limits: { maxOperations: 2, blockSize: null },
    failuresMax: 1,
  };
  const request = {
    verb: 'check' as const,
    plan,
    targets: ['a', 'b'],
    faults: [],
    e2fsck: false,
    shrink: null,
    runFolder: folder,
    workspace: folder,
    version: '0',
  };
  const found = caseOfHistory(request, heartbeat.last, 'hang', 'no answer');
  expect(found).toMatchObject({ operations, failure: { kind: 'hang', step: 1, operation: 'statfs' } });
  expect(caseOfHistory(request, { ...heartbeat.last, sequence: 9 }, 'hang', '')).toBeNull();
});

test('two runs of the same second have different folders', () => {
  const now = new Date(0);
  const [one, two] = [RunFolder.create(folder, 'check', now), RunFolder.create(folder, 'check', now)];
  expect(one.path).toBe(join(folder, '1970-01-01T00-00-00-check'));
  expect(two.path).toBe(`${one.path}-2`);
});
