import type {
  AclValue,
  CapabilityValue,
  FlagChanges,
  FlagName,
  Operation,
  SetTime,
  XattrValue,
} from '../model/index.ts';
import { contentsText, contentText, isContentsOperation } from './contents-text.ts';
import { formatText } from './format.ts';
import { quoted } from './quoted.ts';
import type { DeviceTrouble, Setup } from './setup.ts';

/** A sequence as a numbered program that a person can read; the step that failed is marked. */
export function programText(operations: readonly Operation[], failedStep: number | null): string[] {
  const width = String(operations.length).length;
  return operations.map((operation, step) => {
    const mark = step === failedStep ? '>' : ' ';
    return `${mark} ${String(step + 1).padStart(width)}  ${operationText(operation)}`;
  });
}

/** One operation as a call: `pwrite(fd0, 100 bytes of content 3, at 4096)`. */
export function operationText(operation: Operation): string {
  if (isContentsOperation(operation)) return contentsText(operation);
  switch (operation.op) {
    case 'open': {
      const flags = Object.keys(operation.flags).map((flag) => ` + ${flag}`);
      const mode = operation.flags.create === true ? `, mode ${octal(operation.mode)}` : '';
      return `${operation.as} = open(${quoted(operation.path)}, ${operation.access}${flags.join('')}${mode})`;
    }
    case 'close':
    case 'fsync':
    case 'fdatasync':
    case 'fstat':
    case 'syncfs':
    case 'mkswap':
      return `${operation.op}(${operation.handle})`;
    case 'ftruncate':
      return `ftruncate(${operation.handle}, ${operation.size})`;
    case 'truncate':
      return `truncate(${quoted(operation.path)}, ${operation.size})`;
    case 'mknod': {
      const { device, type } = operation;
      const number = type.endsWith('device') ? ` ${device.major}:${device.minor}` : '';
      return `mknod(${quoted(operation.path)}, ${type}${number}, mode ${octal(operation.mode)})`;
    }
    case 'mkdir':
    case 'chmod':
      return `${operation.op}(${quoted(operation.path)}, mode ${octal(operation.mode)})`;
    case 'rename': {
      const flag = operation.flag === undefined ? '' : `, ${operation.flag}`;
      return `rename(${quoted(operation.from)}, ${quoted(operation.to)}${flag})`;
    }
    case 'link-handle':
      return `link-handle(${operation.handle}, ${quoted(operation.to)})`;
    case 'setxattr':
      return `setxattr(${attributeText(operation)}, ${xattrValueText(operation.value)}${operation.flag === undefined ? '' : `, ${operation.flag}`})`;
    case 'getxattr':
    case 'removexattr':
      return `${operation.op}(${attributeText(operation)})`;
    case 'listxattr':
      return `listxattr(${quoted(operation.path)}${operation.nofollow === true ? ' itself' : ''})`;
    case 'setcreds':
      return `setcreds(${operation.uid}:${operation.gid}, groups [${operation.groups.join(' ')}])`;
    case 'chattr':
      return `chattr(${quoted(operation.path)}, ${flagsText(operation)})`;
    case 'set-project':
      return `set-project(${quoted(operation.path)}, ${operation.project})`;
    case 'link':
      return `${operation.op}(${quoted(operation.from)}, ${quoted(operation.to)})`;
    case 'symlink':
      return `symlink(${quoted(operation.target)}, ${quoted(operation.path)})`;
    case 'chown':
      return `chown(${quoted(operation.path)}, ${operation.uid}, ${operation.gid})`;
    case 'utimens':
      return `utimens(${quoted(operation.path)}, atime ${timeText(operation.atime)}, mtime ${timeText(operation.mtime)})`;
    case 'drop-caches':
      return `drop-caches(${operation.what ?? ''})`;
    case 'sync':
    case 'statfs':
    case 'freeze':
    case 'thaw':
    case 'remount':
      return `${operation.op}()`;
    default:
      return `${operation.op}(${quoted(operation.path)})`;
  }
}

const attributeText = ({ path, name, nofollow }: { path: string; name: string; nofollow?: true }): string =>
  `${quoted(path)}${nofollow === true ? ' itself' : ''}, ${quoted(name)}`;

function xattrValueText(value: XattrValue): string {
  if ('acl' in value) return aclText(value);
  return 'capability' in value ? capabilityText(value) : contentText(value);
}

/** As the kernel shows sets of capabilities in /proc. */
function capabilityText({ capability }: CapabilityValue): string {
  const { permitted, inheritable, effective } = capability;
  const sets = `permitted ${permitted.toString(16)} inheritable ${inheritable.toString(16)}`;
  return `${sets}${effective ? ' effective' : ''}`;
}

/** The letters of chattr(1). */
export const FLAG_LETTERS: Readonly<Record<FlagName | 'extents', string>> = {
  immutable: 'i',
  append: 'a',
  sync: 'S',
  dirsync: 'D',
  noatime: 'A',
  nodump: 'd',
  journalData: 'j',
  extents: 'e',
};

const flagsText = (changes: FlagChanges): string =>
  Object.entries(FLAG_LETTERS)
    .map(([name, letter]) => ({ letter, set: changes[name as keyof FlagChanges] }))
    .filter(({ set }) => set !== undefined)
    .map(({ letter, set }) => `${set === true ? '+' : '-'}${letter}`)
    .join(' ');

/** As getfacl(1) writes it, on one line. */
const aclText = ({ acl }: AclValue): string =>
  acl.map(({ tag, id, permissions }) => `${tag}:${id ?? ''}:${permissions}`).join(',') || 'an empty list';

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

const timeText = (time: SetTime): string =>
  typeof time === 'string' ? time : `${time.seconds}.${String(time.nanoseconds).padStart(9, '0')}`;

/** `reads 3 to 5 of the device fail` */
function troubleText({ reads, writes, endsAt, operationsAfter }: DeviceTrouble): string {
  const spans = Object.entries({ reads, writes }).flatMap(([what, span]) =>
    span === undefined ? [] : [`${what} ${span.from} to ${span.to - 1} of the device fail`],
  );
  const ends = endsAt === undefined ? [] : [`the device ends before sector ${endsAt}`];
  const over =
    operationsAfter === undefined ? '' : ` (and ${operationsAfter} operations after that all is over)`;
  return `${[...spans, ...ends].join(', ')}${over}`;
}

/** How the file system was made and mounted, on one line. */
export function setupText({
  blockSize,
  sizeBytes,
  inodes,
  format,
  writesZeroes,
  logLeft,
  trouble,
  mount,
}: Setup): string {
  const size = sizeBytes % (1 << 20) === 0 ? `${sizeBytes / (1 << 20)} MiB` : `${sizeBytes / 1024} KiB`;
  const options = [
    mount.delalloc ? 'delalloc' : 'nodelalloc',
    mount.dioreadNolock ? 'dioread_nolock' : 'dioread_lock',
    mount.atime,
    ...(mount.data === undefined ? [] : [`data=${mount.data}`]),
    ...(mount.dataErr === undefined ? [] : [`data_err=${mount.dataErr}`]),
    ...(mount.dax === true ? ['dax'] : []),
  ];
  const count = inodes === undefined ? '' : `, at least ${inodes} inodes`;
  const layout = format === undefined ? '' : `, ${formatText(format, blockSize)}`;
  const device = writesZeroes === true ? ' on a device that writes zeros fast' : '';
  const log = logLeft === undefined ? '' : `, with ${logLeft} blocks of the log left before its end`;
  const wrong = trouble === undefined ? '' : `; once it is mounted, ${troubleText(trouble)}`;
  return `${size} with blocks of ${blockSize} bytes${count}${layout}${log}${device}, mounted with ${options.join(',')}${wrong}`;
}
