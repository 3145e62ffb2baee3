import type { Target } from '../../target.ts';
import { LoopTarget } from './loop-target.ts';

/**
 * The target of the real kernel with this name; null when it is no such name. `loop`, and behind commas `fs=ext4` and
 * `options=` with mount options, which are separated by `:`.
 */
export function kernelTarget(name: string, workspace: string): Target | null {
  const [kind, ...words] = name.split(',');
  const settings = new Map(words.map((word) => splitOnce(word)));
  if (![...settings.keys()].every((key) => key === 'fs' || key === 'options')) return null;
  if (kind !== 'loop' || (settings.get('fs') ?? 'ext4') !== 'ext4') return null;
  const options = settings.get('options') ?? '';
  return new LoopTarget(name, workspace, options === '' ? [] : options.split(':'));
}

function splitOnce(word: string): [string, string] {
  const at = word.indexOf('=');
  return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
}
