import type { Model, Operation } from '../model/index.ts';

/**
 * What thaws a file system that a sequence has left frozen, for whoever goes on with it would wait for ever: root does, and then
 * the caller is who it was. Nothing where none is frozen.
 */
export function thawing({ frozen, caller }: Model): readonly Operation[] {
  if (!frozen) return [];
  return [{ op: 'setcreds', uid: 0, gid: 0, groups: [] }, { op: 'thaw' }, { op: 'setcreds', ...caller }];
}
