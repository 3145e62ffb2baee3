import { expect, test } from 'vitest';
import type { Operation, Outcome, SpaceReport } from '../model/index.ts';
import { runCase } from './drive.ts';
import { optionsFor } from './drive-options.fixture.ts';
import { ModelTarget, type Twist } from './model-target.fixture.ts';
import { DEFAULT_SETUP } from './setup.ts';
import type { Verdict } from './verdict.ts';

const OPERATIONS: readonly Operation[] = [
  { op: 'mkdir', path: 'd', mode: 0o755 },
  { op: 'open', as: 'fd0', path: 'd/f', access: 'read-write', flags: { create: true }, mode: 0o644 },
  { op: 'pwrite', handle: 'fd0', offset: 5000, content: { seed: 3, length: 10_000 } },
  { op: 'pread', handle: 'fd0', offset: 0, length: 20_000 },
  { op: 'symlink', target: 'd/f', path: 's' },
  { op: 'rename', from: 'd/f', to: 'g' },
  { op: 'unlink', path: 'nothing' },
];

async function verdictOf(...targets: ModelTarget[]): Promise<Verdict> {
  const { verdict } = await runCase(DEFAULT_SETUP, OPERATIONS, optionsFor(targets));
  return verdict;
}

const failed = (verdict: Verdict) => (verdict.kind === 'fails' ? verdict.failure : verdict.kind);

/** Twists what is answered to the operation with this name. */
const wrong =
  (name: Operation['op'], twisted: (answer: Outcome) => Outcome): Twist =>
  (operation, answer) =>
    operation.op === name ? twisted(answer) : answer;

test('targets that are right hold, at once or later', async () => {
  expect(failed(await verdictOf(new ModelTarget('a'), new ModelTarget('b')))).toBe('holds');
  expect(failed(await verdictOf(new ModelTarget('a', { asynchronous: true }), new ModelTarget('b')))).toBe(
    'holds',
  );
});

test.each([false, true])('a wrong errno is found at its step (asynchronous: %s)', async (asynchronous) => {
  const twist = wrong('unlink', () => ({ ok: false, errno: 'EISDIR' }));
  expect(
    failed(await verdictOf(new ModelTarget('a'), new ModelTarget('b', { twist, asynchronous }))),
  ).toMatchObject({
    kind: 'result',
    target: 'b',
    step: 6,
    operation: 'unlink',
    detail: 'unlink errno ENOENT/EISDIR',
  });
});

test('wrong bytes are found', async () => {
  const twist = wrong('pread', (answer) => {
    if (!answer.ok || answer.value.kind !== 'data') return answer;
    const bytes = Uint8Array.from(answer.value.bytes);
    bytes[7000] = 0;
    return { ok: true, value: { kind: 'data', bytes } };
  });
  const verdict = await verdictOf(new ModelTarget('a', { twist }));
  expect(failed(verdict)).toMatchObject({ kind: 'result', step: 3, detail: 'pread other bytes' });
});

test('what only looking at the tree shows is found at the end', async () => {
  const twist = wrong('readlink', () => ({ ok: true, value: { kind: 'text', text: 'elsewhere' } }));
  expect(failed(await verdictOf(new ModelTarget('a', { twist })))).toMatchObject({
    kind: 'tree',
    step: null,
    operation: 'readlink',
  });
});

test('what only shows after a mount is found there', async () => {
  let mounts = 0;
  class Forgetful extends ModelTarget {
    override mount(...words: Parameters<ModelTarget['mount']>) {
      mounts++;
      const session = super.mount(...words);
      void session.apply({ op: 'unlink', path: 'g' }, words[2].now);
      return session;
    }
  }
  const verdict = await verdictOf(new Forgetful('a'));
  expect(mounts).toBe(1);
  expect(failed(verdict)).toMatchObject({ kind: 'recovery', target: 'a', step: null });
});

test('an exception of the target is a finding', async () => {
  const twist = wrong('rename', () => {
    throw new RangeError('block 17 is out of range');
  });
  expect(failed(await verdictOf(new ModelTarget('a', { twist })))).toMatchObject({
    kind: 'crash-of-target',
    step: 5,
    operation: 'rename',
    detail: 'RangeError: block N is out of range',
  });
});

const space = (blocksFree: number): SpaceReport => ({
  blockSize: 4096,
  blocks: 1000,
  blocksFree,
  blocksAvailable: blocksFree,
  inodes: 100,
  inodesFree: 50,
});

const NO_SPACE: Outcome = { ok: false, errno: 'ENOSPC' };

test('ENOSPC with plenty of space is a finding', async () => {
  const twist = wrong('pwrite', () => NO_SPACE);
  const target = new ModelTarget('a', { twist, space: space(500) });
  expect(failed(await verdictOf(target))).toMatchObject({ kind: 'space', step: 2, operation: 'pwrite' });
});

test('a full disk may refuse, and the others go on with a model of their own', async () => {
  const twist = wrong('pwrite', () => NO_SPACE);
  const full = new ModelTarget('a', { twist, space: space(5) });
  const verdict = await verdictOf(full, new ModelTarget('b', { space: space(5) }));
  // The double has no bitmaps, so the judge of space is the first to complain; all judges before it held.
  expect(failed(verdict)).toMatchObject({ kind: 'space', detail: 'statfs free blocks' });
});

test('ENOSPC where the model allows none is a finding on a full disk, too', async () => {
  const twist = wrong('pread', () => NO_SPACE);
  const target = new ModelTarget('a', { twist, space: space(0) });
  expect(failed(await verdictOf(target))).toMatchObject({ kind: 'result', detail: 'pread errno ok/ENOSPC' });
});
