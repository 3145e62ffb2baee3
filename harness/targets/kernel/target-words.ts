import type { Target } from '../../target.ts';
import { FILE_SYSTEMS } from './file-systems.ts';
import { ImageTarget } from './image-target.ts';
import { LocalMachine } from './local-machine.ts';

/**
 * The target of the real kernel with this name; null when it is no such name. `loop`, and behind commas `fs=ext4` and
 * `options=` with mount options, which are separated by `:`.
 */
export function kernelTarget(name: string, workspace: string): Target | null {
  const [kind, ...words] = name.split(',');
  const settings = new Map(words.map((word) => splitOnce(word)));
  if (![...settings.keys()].every((key) => key === 'fs' || key === 'options')) return null;
  const fileSystem = FILE_SYSTEMS[settings.get('fs') ?? 'ext4'];
  if (kind !== 'loop' || fileSystem === undefined) return null;
  const options = settings.get('options') ?? '';
  const machine = new LocalMachine(workspace, name.replaceAll(/\W+/g, '-'));
  return new ImageTarget(name, machine, fileSystem, options === '' ? [] : options.split(':'));
}

function splitOnce(word: string): [string, string] {
  const at = word.indexOf('=');
  return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
}
