import { expect, test } from 'vitest';
import { Session } from './testing.ts';

function populated(): Session {
  const session = new Session();
  session.prepare({ op: 'mkdir', path: 'd', mode: 0o755 });
  session.file('f');
  session.file('gone');
  session.prepare({ op: 'link', from: 'f', to: 'd/f' }, { op: 'symlink', target: 'f', path: 'l' });
  const handle = session.open('gone');
  session.prepare({ op: 'write', handle, content: { seed: 1, length: 9 } }, { op: 'unlink', path: 'gone' });
  return session;
}

test('a clone equals the original, also in the order of its lists', () => {
  const session = populated();
  for (const path of ['x', 'y', 'z']) session.file(path);
  session.prepare({ op: 'unlink', path: 'x' });
  const copy = session.model.clone();
  expect(copy.tree()).toEqual(session.model.tree());
  const paths = (list: typeof copy.files) =>
    Array.from({ length: list.length }, (_, index) => list.at(index)?.path);
  expect(paths(copy.files)).toEqual(paths(session.model.files));
  expect(paths(copy.directories)).toEqual(paths(session.model.directories));
  expect(paths(copy.symlinks)).toEqual(paths(session.model.symlinks));
});

test('a clone goes its own way', () => {
  const session = populated();
  const before = session.model.tree();
  const copy = session.model.clone();
  copy.step({ op: 'truncate', path: 'f', size: 77 }, session.now);
  copy.step({ op: 'chmod', path: 'd', mode: 0 }, session.now);
  copy.step({ op: 'rename', from: 'd', to: 'e' }, session.now);
  expect(session.model.tree()).toEqual(before);
  expect(copy.tree().get('e/f')?.stat.size).toBe(77);
  expect(copy.tree().get('f')?.stat.size).toBe(77);
});

test('a clone has the descriptors, with their positions and files without a name', () => {
  const session = populated();
  const copy = session.model.clone();
  const [view] = copy.handles.values();
  expect(view).toMatchObject({ position: 9, size: 9, links: 0, openedAs: 'gone' });
  if (view === undefined) return;
  copy.step({ op: 'write', handle: view.handle, content: { seed: 2, length: 1 } }, session.now);
  expect([...session.model.handles.values()][0]?.size).toBe(9);
});
