import { expect, test } from 'vitest';
import { begunRun, endedRun, readRun, RunError, runJsonSchema } from './run-record.ts';

const begun = begunRun(
  {
    verb: 'check',
    seed: 7,
    targets: ['impl:iomap'],
    faults: [],
    again: 'twinpath check --seed 7',
    options: { plan: { seed: 7 }, absent: undefined },
    twinpath: '1.2.3',
    e2fsck: null,
  },
  new Date(0),
);

test('a run that began is one that has not ended', () => {
  expect(readRun(JSON.stringify(begun), 'run.json')).toMatchObject({
    startedAt: '1970-01-01T00:00:00.000Z',
    endedAt: null,
    outcome: null,
    versions: { twinpath: '1.2.3', node: process.version, e2fsck: null },
  });
});

test('what was written is what is read', () => {
  const ended = endedRun(begun, { outcome: 'held', exitCode: 0, counts: { sequences: 3 } }, new Date(1000));
  expect(readRun(JSON.stringify(ended), 'run.json')).toEqual(ended);
});

test.each([
  ['{', /not JSON/],
  [JSON.stringify({ ...begun, version: 2 }), /version/],
  [JSON.stringify({ ...begun, outcome: 'fine' }), /outcome/],
])('%.20s is refused with the place', (text, message) => {
  expect(() => readRun(text, 'some/run.json')).toThrow(RunError);
  expect(() => readRun(text, 'some/run.json')).toThrow(/some\/run\.json/);
  expect(() => readRun(text, 'some/run.json')).toThrow(message);
});

test('the schema that is published names every member, and says which version it is of', () => {
  const schema = runJsonSchema() as { properties: Record<string, { const?: unknown }>; required: string[] };
  expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(Object.keys(begun)));
  expect(schema.required).toContain('findings');
  expect(schema.properties['version']?.const).toBe(1);
});
