import { Model, type FlagName, type Operation, type Outcome } from '../model/index.ts';
import { modelOptions, timeOfStep, type Setup } from '../harness/setup.ts';

/** What sequences do beside bytes and plain names, counted. */
export const METADATA_SHAPES = [
  'exchange of a directory with a file',
  'exchange of two directories',
  'rename that leaves a whiteout',
  'rename that finds its place taken',
  'file without a name',
  'file without a name that gets one',
  'file without a name that may get none',
  'device',
  'whiteout',
  'fifo or socket',
  'attribute in the inode',
  'attribute of nearly a block',
  'attribute replaced',
  'attribute of a symbolic link',
  'attribute that may not fit',
  'access list of users and groups',
  'access list inherited',
  'call of somebody else that succeeds',
  'call of somebody else that is refused',
  'name of a stranger in a sticky directory',
  'set-ID bits lost by a write',
  'immutable',
  'append-only',
  'mode of a list set by chmod',
  'access time kept by a flag',
  'flag that is only kept',
  'flag handed down',
  'capabilities of a program',
  'capabilities lost by a change',
] as const;

export type MetadataShape = (typeof METADATA_SHAPES)[number];

/** Counts shapes in all sequences. */
export function metadataShapes(
  setup: Setup,
  sequences: Iterable<readonly Operation[]>,
): Map<MetadataShape, number> {
  const counts = new Map<MetadataShape, number>(METADATA_SHAPES.map((name) => [name, 0]));
  const count = (name: MetadataShape, met: boolean): void => {
    if (met) counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  for (const sequence of sequences) {
    const model = new Model(modelOptions(setup));
    for (const [step, operation] of sequence.entries()) {
      const before = model.clone();
      const outcome = model.step(operation, timeOfStep(step));
      observe(setup, before, model, operation, outcome, count);
    }
  }
  return counts;
}

type Count = (name: MetadataShape, met: boolean) => void;

function observe(
  setup: Setup,
  before: Model,
  after: Model,
  operation: Operation,
  outcome: Outcome,
  count: Count,
): void {
  if (before.caller.uid !== 0) {
    count('call of somebody else that succeeds', outcome.ok && 'path' in operation);
    const refused = !outcome.ok && (outcome.errno === 'EACCES' || outcome.errno === 'EPERM');
    count('call of somebody else that is refused', refused);
    count(
      'name of a stranger in a sticky directory',
      operation.op === 'unlink' && !outcome.ok && outcome.errno === 'EPERM',
    );
  }
  if (operation.op === 'rename') observeRename(before, operation, outcome, count);
  if (operation.op === 'setxattr') observeAttribute(setup, before, operation, outcome, count);
  if (operation.op === 'open' || operation.op === 'link-handle')
    observeUnnamed(before, operation, outcome, count);
  if (operation.op === 'mknod' && outcome.ok) {
    const { type, device } = operation;
    const numbered = type === 'character-device' || type === 'block-device';
    count('device', numbered && device.major > 0);
    count('whiteout', type === 'character-device' && device.major + device.minor === 0);
    count('fifo or socket', type === 'fifo' || type === 'socket');
  }
  if (operation.op === 'chattr' && outcome.ok) {
    count('immutable', operation.immutable);
    count('access time kept by a flag', operation.noatime === true);
    const kept = operation.sync ?? operation.dirsync ?? operation.nodump ?? operation.journalData;
    count('flag that is only kept', kept === true);
    count('append-only', operation.append);
  }
  if (!outcome.ok) return;
  const made = 'path' in operation && (operation.op === 'mkdir' || operation.op === 'open');
  count('access list inherited', made && hasList(after, operation.path) && !hasList(before, operation.path));
  count('flag handed down', made && hasFlag(after, operation.path, 'noatime'));
  count('capabilities lost by a change', losesCapability(before, after, operation));
  count('mode of a list set by chmod', operation.op === 'chmod' && hasList(before, operation.path));
  if (operation.op === 'write' || operation.op === 'pwrite') {
    count(
      'set-ID bits lost by a write',
      setIdBits(before, operation.handle) > setIdBits(after, operation.handle),
    );
  }
}

const SET_ID_BITS = 0o6000;

function setIdBits(model: Model, handle: `fd${number}`): number {
  const outcome = model.clone().step({ op: 'fstat', handle }, timeOfStep(0));
  return outcome.ok && outcome.value.kind === 'stat' ? outcome.value.stat.mode & SET_ID_BITS : 0;
}

function hasList(model: Model, path: string): boolean {
  const look = model.clone();
  look.step({ op: 'setcreds', uid: 0, gid: 0, groups: [] }, timeOfStep(0));
  const outcome = look.step({ op: 'getxattr', path, name: 'system.posix_acl_access' }, timeOfStep(0));
  return outcome.ok;
}

const hasCapability = (model: Model, path: string): boolean =>
  model.clone().step({ op: 'getxattr', path, name: 'security.capability' }, timeOfStep(0)).ok;

function losesCapability(before: Model, after: Model, operation: Operation): boolean {
  if (!before.used.xattrs || (operation.op !== 'truncate' && operation.op !== 'chown')) return false;
  return hasCapability(before, operation.path) && !hasCapability(after, operation.path);
}

function hasFlag(model: Model, path: string, flag: FlagName): boolean {
  const look = model.clone();
  look.step({ op: 'setcreds', uid: 0, gid: 0, groups: [] }, timeOfStep(0));
  const outcome = look.step({ op: 'lsattr', path }, timeOfStep(0));
  return outcome.ok && outcome.value.kind === 'flags' && outcome.value.flags.includes(flag);
}

function typeAt(model: Model, path: string): string {
  const outcome = model.clone().step({ op: 'lstat', path }, timeOfStep(0));
  return outcome.ok && outcome.value.kind === 'stat' ? outcome.value.stat.type : 'nothing';
}

function observeRename(
  before: Model,
  { from, to, flag }: Extract<Operation, { op: 'rename' }>,
  outcome: Outcome,
  count: Count,
): void {
  if (flag === undefined) return;
  count(
    'rename that finds its place taken',
    flag === 'noreplace' && !outcome.ok && outcome.errno === 'EEXIST',
  );
  if (!outcome.ok) return;
  count('rename that leaves a whiteout', flag === 'whiteout');
  if (flag !== 'exchange') return;
  const types = [typeAt(before, from), typeAt(before, to)];
  count('exchange of two directories', types.every((type) => type === 'directory') && from !== to);
  count('exchange of a directory with a file', types.includes('directory') && types.includes('file'));
}

function observeAttribute(
  { blockSize }: Setup,
  before: Model,
  { path, name, value, nofollow }: Extract<Operation, { op: 'setxattr' }>,
  outcome: Outcome,
  count: Count,
): void {
  if (!outcome.ok) return;
  if ('acl' in value) {
    count('access list of users and groups', value.acl.length > 4);
    return;
  }
  if ('capability' in value) {
    count('capabilities of a program', typeAt(before, path) === 'file');
    return;
  }
  count('attribute in the inode', value.length > 0 && value.length < 60);
  count('attribute of nearly a block', value.length > blockSize - 80);
  const known = before
    .clone()
    .step({ op: 'getxattr', path, name, ...(nofollow && { nofollow }) }, timeOfStep(0));
  count('attribute replaced', known.ok);
  count('attribute of a symbolic link', nofollow === true && typeAt(before, path) === 'symlink');
  count(
    'attribute that may not fit',
    before.mayNotFit({ op: 'setxattr', path, name, value, ...(nofollow && { nofollow }) }),
  );
}

function observeUnnamed(
  before: Model,
  operation: Extract<Operation, { op: 'open' | 'link-handle' }>,
  outcome: Outcome,
  count: Count,
): void {
  if (operation.op === 'open') {
    count('file without a name', outcome.ok && operation.flags.tmpfile === true);
    return;
  }
  const links = before.handles.get(operation.handle)?.links;
  count('file without a name that gets one', outcome.ok && links === 0);
  count('file without a name that may get none', !outcome.ok && outcome.errno === 'ENOENT' && links === 0);
}
