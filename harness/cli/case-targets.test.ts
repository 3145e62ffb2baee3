import { expect, test } from 'vitest';
import { CASE_FORMAT, CASE_VERSION, type Case } from '../case.ts';
import { DEFAULT_SETUP } from '../setup.ts';
import { commandsFor } from './case-commands.ts';
import { targetsToRun } from './case-targets.ts';
import { UsageError } from './terminal.ts';

const caseOn = (...targets: string[]): Case => ({
  format: CASE_FORMAT,
  version: CASE_VERSION,
  setup: DEFAULT_SETUP,
  targets,
  faults: [],
  origin: { seed: null, run: null },
  failure: null,
  operations: [],
});

test('a case runs on its own targets, or on those that are given', () => {
  expect(targetsToRun('a.json', caseOn('impl:iomap'), [])).toEqual(['impl:iomap']);
  expect(targetsToRun('a.json', caseOn('impl:iomap'), ['impl:buffer_head'])).toEqual(['impl:buffer_head']);
  expect(() => targetsToRun('a.json', caseOn(), [])).toThrow('a.json: $.targets: found none');
});

test('a program is started only when the user names it', () => {
  const evil = 'command:touch /tmp/evil';
  expect(() => targetsToRun('a.json', caseOn('impl:iomap', evil), [])).toThrow(UsageError);
  expect(() => targetsToRun('a.json', caseOn(evil), [])).toThrow(
    'a.json: $.targets: "command:touch /tmp/evil" starts a program; if that is what you want, say --target',
  );
  expect(targetsToRun('a.json', caseOn(evil), ['command:true'])).toEqual(['command:true']);
});

test('commands that run a case again name the program that it needs', () => {
  const targets = ['command:my-fs --speak', 'impl:iomap'];
  const [again] = commandsFor('kernel', 'case.json', targets);
  expect(again?.command).toBe(
    "twinpath replay case.json --target 'command:my-fs --speak' --target impl:iomap",
  );
  expect(commandsFor('check', 'case.json', ['impl:iomap'])[0]?.command).toBe('twinpath replay case.json');
});
