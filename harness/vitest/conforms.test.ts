import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  Model,
  type Operation,
  type OperationName,
  type Outcome,
  type Timestamp,
} from '../../model/index.ts';
import { readCase, type Case } from '../case.ts';
import { streamBytes } from '../content.ts';
import { DEFAULT_SETUP, modelOptions, type Setup } from '../setup.ts';
import { GUEST } from '../guest.ts';
import { PYTHON, PYTHON_OPTIONS } from '../targets/kernel/performer.ts';
import { conforms, expectCase, trySequence, type Handlers, type OperationsSubject } from './conforms.ts';

const NAMES = [
  'open',
  'close',
  'pread',
  'pwrite',
  'lstat',
  'readdir',
  'ftruncate',
  'unlink',
  'mkdir',
  'rmdir',
  'rename',
] as const satisfies OperationName[];

type Twist = (operation: Operation, outcome: Outcome) => Outcome;

/** A file system that is right by construction, given as somebody outside would: by functions and Errors with a code. */
function subject(twist: Twist = (_, outcome) => outcome): OperationsSubject {
  return {
    start: (setup: Setup): Handlers => {
      const { directories, ...options } = modelOptions(setup);
      const model = new Model({ ...options, directories: [directories[0]] });
      const perform = (operation: Operation, now: Timestamp) => {
        const outcome = twist(operation, model.step(operation, now));
        if (!outcome.ok) throw Object.assign(new Error(outcome.errno), { code: outcome.errno });
        const { value } = outcome;
        if (value.kind !== 'runs') return value.kind === 'count' ? value.count : value;
        return Buffer.concat(
          value.runs.map((run) =>
            run.kind === 'bytes' ? streamBytes(run.seed, run.start, run.length) : new Uint8Array(run.length),
          ),
        );
      };
      return Object.fromEntries(NAMES.map((name) => [name, perform]));
    },
  };
}

// As a developer of another file system would write it.
conforms('a file system of our own', subject(), { sequences: 3 });

/** Whatever has a python3 has a program that speaks the protocol: our own performer, which stores in the folder that it is given. */
const python = existsSync(PYTHON) ? PYTHON : null;

// As a developer would write it whose file system is a program in another language.
if (python !== null) {
  conforms('a program', { command: [python, ...PYTHON_OPTIONS, GUEST].join(' ') }, { sequences: 2 });
}

/** Our performer, which removes no directory that is not there. */
const WRONG_PROGRAM = `
import errno, runpy, sys
sys.path.insert(0, ${JSON.stringify(GUEST)})
import path_calls
right = path_calls.PathCalls.rmdir
def wrong(self, operation, data):
    try:
        return right(self, operation, data)
    except FileNotFoundError:
        raise OSError(errno.EIO, "")
path_calls.PathCalls.rmdir = wrong
sys.argv = ["guest"]
runpy.run_path(${JSON.stringify(join(GUEST, '__main__.py'))})
`;

describe('what is wrong is found', () => {
  const results = mkdtempSync(join(tmpdir(), 'twinpath-conforms-'));
  afterAll(() => rmSync(results, { recursive: true }));

  test('and made small, and saved', async () => {
    const wrong = subject((operation, outcome) =>
      operation.op === 'rmdir' && !outcome.ok && outcome.errno === 'ENOENT'
        ? { ok: false, errno: 'EIO' }
        : outcome,
    );
    let said = '';
    let number = 0;
    for (; said === '' && number < 50; number++) {
      await trySequence('wrong', wrong, number, { results }).catch((error: unknown) => {
        said = error instanceof Error ? error.message : String(error);
      });
    }
    expect(said).toContain('wrong answers rmdir differently from the model: errno ENOENT/EIO');
    const file = join(results, `wrong-1-${number - 1}.json`);
    const { operations } = readCase(readFileSync(file, 'utf8'), file);
    expect(operations.map(({ op }) => op)).toEqual(['rmdir']);
  });

  test.skipIf(python === null)('in a program, too', async () => {
    const program = join(results, 'wrong.py');
    writeFileSync(program, WRONG_PROGRAM);
    const wrong = { command: `${python} ${program}` };
    let said = '';
    for (let number = 0; said === '' && number < 50; number++) {
      await trySequence('wrong program', wrong, number, { results }).catch((error: unknown) => {
        said = error instanceof Error ? error.message : String(error);
      });
    }
    expect(said).toContain('answers rmdir differently from the model: errno ENOENT/EIO');
  });

  test('a program that is none says so', async () => {
    await expect(trySequence('none', { command: '/nowhere/to/be/found' }, 0)).rejects.toThrow(
      'no frame came from it; it ended with spawnSync /nowhere/to/be/found ENOENT',
    );
    await expect(trySequence('mute', { command: 'true' }, 0)).rejects.toThrow(
      'no frame came from it; it ended with 0',
    );
    await expect(trySequence('chatter', { command: 'echo what a wonderful world' }, 0)).rejects.toThrow(
      'no frame came from it',
    );
  });

  test('what the harness needs is said', async () => {
    const few: OperationsSubject = { start: () => ({ open: () => undefined }) };
    await expect(trySequence('few', few, 0)).rejects.toThrow(
      'few: the harness needs close, pread, lstat, readdir, too',
    );
  });

  test('an Error without an errno is a finding', async () => {
    const broken = subject((operation, outcome) => {
      if (operation.op === 'open') throw new TypeError('oh');
      return outcome;
    });
    await expect(trySequence('broken', broken, 0, { results })).rejects.toThrow('TypeError: oh');
  });
});

describe('expectCase', () => {
  const saved: Case = {
    format: 'twinpath-case',
    version: 1,
    setup: DEFAULT_SETUP,
    targets: ['impl:buffer_head', 'impl:iomap'],
    faults: [],
    origin: { seed: null, run: null },
    failure: null,
    operations: [
      { op: 'open', as: 'fd0', path: 'a', access: 'read-write', flags: { create: true }, mode: 0o644 },
      { op: 'pwrite', handle: 'fd0', offset: 0, content: { seed: 1, length: 1 } },
      { op: 'truncate', path: 'a', size: 0 },
    ],
  };

  test('what holds, holds', () => expectCase(saved));

  test('what fails says how', () =>
    expect(expectCase({ ...saved, faults: ['truncate-leaks-reservation'] })).rejects.toThrow('1 promises'));
});
