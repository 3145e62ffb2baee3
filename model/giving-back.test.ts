import { expect, test } from 'vitest';
import type { Operation } from './operation.ts';
import { Session } from './testing.ts';

test('a write without space gives back what is reserved behind the end of its file, at most that', () => {
  const session = new Session();
  const handle = session.open('f', 'read-write', { create: true });
  const write: Operation = { op: 'pwrite', handle, offset: 0, content: { seed: 1, length: 10_000 } };
  expect(session.model.givenBackByFailure(write)).toBe(0);
  session.prepare(write);
  session.prepare({ op: 'fallocate', handle, mode: 'keep-size', offset: 20_000, length: 30_000 });
  expect(session.model.givenBackByFailure(write)).toBe(40_000);
  expect(
    session.model.givenBackByFailure({ op: 'sendfile', from: 'fd9', fromOffset: 0, to: handle, length: 1 }),
  ).toBe(40_000);
  // What mkswap(8) writes is a write like any other.
  expect(session.model.givenBackByFailure({ op: 'mkswap', handle })).toBe(40_000);
  expect(session.model.givenBackByFailure({ op: 'ftruncate', handle, size: 100_000 })).toBe(0);
  expect(session.model.givenBackByFailure({ ...write, handle: 'fd999' })).toBe(0);
});
