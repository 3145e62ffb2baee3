import type { Content, Operation } from '../../model/index.ts';

/** As simplerOperations, for what is about attributes, kinds of nodes and callers rather than about bytes. */
export function* simplerMetadata(
  operation: Operation,
  simpler: (bytes: number) => number[],
): Generator<Operation, void> {
  switch (operation.op) {
    case 'rename':
      if (operation.flag !== undefined) yield { op: 'rename', from: operation.from, to: operation.to };
      return;
    case 'mknod':
      if (operation.type !== 'file') yield { ...operation, type: 'file' };
      if (operation.mode !== 0o644) yield { ...operation, mode: 0o644 };
      if (operation.device.major + operation.device.minor > 0)
        yield { ...operation, device: { major: 0, minor: 0 } };
      return;
    case 'setxattr':
      yield* simplerXattrs(operation, simpler);
      return;
    case 'getxattr':
    case 'removexattr':
      if (operation.nofollow !== undefined)
        yield { op: operation.op, path: operation.path, name: operation.name };
      return;
    case 'listxattr':
      if (operation.nofollow !== undefined) yield { op: 'listxattr', path: operation.path };
      return;
    case 'setcreds':
      if (operation.groups.length > 0) yield { ...operation, groups: [] };
      if (operation.gid !== 0) yield { ...operation, gid: 0 };
      if (operation.uid !== 0) yield { ...operation, uid: 0 };
      return;
    case 'chattr':
      yield* simplerFlags(operation);
      return;
    case 'drop-caches':
      if (operation.what !== undefined) yield { op: 'drop-caches' };
      return;
    case 'set-project':
      if (operation.project !== 0) yield { ...operation, project: 0 };
      return;
    default:
  }
}

const OPTIONAL_FLAGS = ['sync', 'dirsync', 'noatime', 'nodump', 'journalData', 'extents'] as const;

/** Flags that stay are simpler than flags that are cleared, and these than flags that are set. */
function* simplerFlags(operation: Extract<Operation, { op: 'chattr' }>): Iterable<Operation> {
  const { op, path, immutable, append } = operation;
  for (const name of OPTIONAL_FLAGS) {
    if (operation[name] === undefined) continue;
    const others = OPTIONAL_FLAGS.filter((other) => other !== name && operation[other] !== undefined);
    const kept = Object.fromEntries(others.map((other) => [other, operation[other]]));
    yield { op, path, immutable, append, ...kept };
  }
  if (operation.append) yield { ...operation, append: false };
  if (operation.immutable) yield { ...operation, immutable: false };
}

function* simplerXattrs(
  operation: Extract<Operation, { op: 'setxattr' }>,
  simpler: (bytes: number) => number[],
): Iterable<Operation> {
  const { op, path, name, value } = operation;
  if (operation.flag !== undefined || operation.nofollow !== undefined) yield { op, path, name, value };
  if ('capability' in value) return;
  if (!('acl' in value)) {
    for (const content of simplerContents(value, simpler)) yield { ...operation, value: content };
    return;
  }
  for (let index = 0; index < value.acl.length; index++) {
    yield { ...operation, value: { acl: value.acl.toSpliced(index, 1) } };
  }
}

/** Fewer bytes, then bytes that are simpler to name. */
export function* simplerContents(
  { seed, length }: Content,
  simpler: (bytes: number) => number[],
): Iterable<Content> {
  for (const shorter of simpler(length)) yield { seed, length: shorter };
  if (seed > 1) yield { seed: 1, length };
  if (seed > 2) yield { seed: 2, length };
}
