import type { Target } from '../../target.ts';
import { COMMAND_PREFIX, CommandTarget } from './command-target.ts';
import { DirectoryTarget } from './directory-target.ts';
import { FILE_SYSTEMS } from './file-systems.ts';
import { GuestMachine, type GuestKind } from './guest-machine.ts';
import { GuestRecorder } from './guest-recorder.ts';
import { GuestRecovery } from './guest-recovery.ts';
import { ImageTarget } from './image-target.ts';
import { LocalMachine } from './local-machine.ts';
import type { Machine } from './seat.ts';
import { findKernel, userModeLinux } from './uml.ts';
import { virtualMachine } from './vm/vm.ts';

/** What may stand behind the commas of a target's name. */
const SETTINGS = ['fs', 'options', 'kernel'];

/**
 * The target of a real kernel with this name; null when it is no such name. The first word says where the kernel runs:
 * `loop`, on this machine; `uml`, a User-Mode Linux; `vm`, a virtual machine; `dir:` and a path is a directory that is
 * there already; `command:` and a program is one that speaks the guest protocol. Behind commas `fs=ext4`, `kernel=` with the kernel's file, and
 * `options=` with mount options, which are separated by `:`.
 */
export function kernelTarget(name: string, workspace: string): Target | null {
  if (name.startsWith('dir:')) return new DirectoryTarget(name, name.slice('dir:'.length), workspace);
  if (name.startsWith(COMMAND_PREFIX)) return new CommandTarget(name, workspace);
  const { kind, settings } = partsOf(name);
  if (!hasOnly(settings, SETTINGS)) return null;
  const fileSystem = FILE_SYSTEMS[settings.get('fs') ?? 'ext4'];
  const machine = machineOf(kind, settings.get('kernel') ?? null, workspace, name.replaceAll(/\W+/g, '-'));
  if (machine === null || fileSystem === undefined) return null;
  return new ImageTarget(name, machine, fileSystem, optionsIn(settings));
}

/**
 * Who runs programs of power cuts on the kernel of this name, in a file system that is recorded; null when that is none that can be.
 * Throws TargetUnavailable where it is not installed.
 */
export function kernelRecorder(name: string, workspace: string): GuestRecorder | null {
  const guest = guestNamed(name);
  return guest === null ? null : new GuestRecorder(guest.kind, workspace, guest.options);
}

/** Who recovers what power cuts left on the kernel of this name; as kernelRecorder. */
export function kernelRecovery(name: string, workspace: string): GuestRecovery | null {
  const guest = guestNamed(name);
  return guest === null ? null : new GuestRecovery(guest.kind, workspace);
}

function guestNamed(name: string): { readonly kind: GuestKind; readonly options: readonly string[] } | null {
  const { kind, settings } = partsOf(name);
  if (kind !== 'uml' || !hasOnly(settings, ['options', 'kernel'])) return null;
  const kernel = findKernel(settings.get('kernel') ?? null);
  return { kind: userModeLinux(kernel), options: optionsIn(settings) };
}

/** Where the kernel of this name runs, and what is behind the commas. */
function partsOf(name: string): { readonly kind: string; readonly settings: ReadonlyMap<string, string> } {
  const [kind = '', ...words] = name.split(',');
  return { kind, settings: new Map(words.map((word) => splitOnce(word))) };
}

const hasOnly = (settings: ReadonlyMap<string, string>, known: readonly string[]): boolean =>
  [...settings.keys()].every((key) => known.includes(key));

const optionsIn = (settings: ReadonlyMap<string, string>): string[] =>
  (settings.get('options') ?? '').split(':').filter((word) => word !== '');

/** Whether the kernel of this name is told to use the new path (`buffered_iomap`). */
export const isOnIomap = (name: string): boolean => /[,:=]buffered_iomap(?=$|[,:])/.test(name);

function machineOf(kind: string, kernel: string | null, workspace: string, prefix: string): Machine | null {
  switch (kind) {
    case 'loop':
      return kernel === null ? new LocalMachine(workspace, prefix) : null;
    case 'uml':
      return new GuestMachine(userModeLinux(kernel), workspace, prefix);
    case 'vm':
      return new GuestMachine(virtualMachine(kernel), workspace, prefix);
    default:
      return null;
  }
}

function splitOnce(word: string): [string, string] {
  const at = word.indexOf('=');
  return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
}
