import type { Handle, Operation, Path } from '../../model/index.ts';
import { ACCESS_LIST, accessList } from './attribute-makers.ts';
import { root, stranger } from './callers.ts';
import { MODES, type Maker } from './data-makers.ts';
import type { Pattern } from './pattern-steps.ts';
import type { Scene } from './scene.ts';

/** What brings attributes to the disk, or makes them come from there. */
const SETTLING = ['sync', 'drop-caches', 'remount'] as const;

const say =
  (operation: Operation): Maker =>
  () =>
    operation;

/** Attributes of one inode until they no longer fit; some are replaced and some go, with or without what is cached. */
export function attributes(scene: Scene): Pattern {
  const { dice, names, setup } = scene;
  const link = dice.oneIn(4) ? names.symlink() : null;
  const path = link?.path ?? (dice.oneIn(2) ? names.file() : names.ownDirectory())?.path ?? '.';
  const nofollow = link === null ? {} : ({ nofollow: true } as const);
  const space = link === null ? 'user' : 'trusted';
  const name = (): string => `${space}.${dice.pick(['a', 'b', 'cc', 'longer-name'])}`;
  const length = (): number =>
    dice.pick([
      4,
      20,
      40,
      60,
      68,
      72,
      100,
      setup.blockSize / 4,
      Math.floor(setup.blockSize / 3),
      setup.blockSize / 2,
    ]) + dice.below(9);
  const steps: Maker[] = [];
  for (let count = dice.between(3, 8); count > 0; count--) {
    steps.push(
      say({
        op: 'setxattr',
        path,
        name: name(),
        value: { seed: scene.newSeed(), length: length() },
        ...nofollow,
      }),
    );
    if (dice.oneIn(3)) steps.push(say({ op: dice.pick(SETTLING) }));
    if (dice.oneIn(2)) steps.push(say({ op: 'getxattr', path, name: name(), ...nofollow }));
    if (dice.oneIn(4)) steps.push(say({ op: 'removexattr', path, name: name(), ...nofollow }));
  }
  const listed = link === null && dice.oneIn(3) ? modeOfList(scene, path) : [];
  return [...steps, say({ op: 'listxattr', path, ...nofollow }), ...listed];
}

/** chmod(2) of what has an access control list changes an entry of that. */
const modeOfList = (scene: Scene, path: Path): Pattern => [
  say({ op: 'setxattr', path, name: ACCESS_LIST, value: accessList(scene) }),
  say({ op: 'chmod', path, mode: scene.dice.pick(MODES) }),
];

/** Two names change places: directories with something in them, or one of them a file, in one directory or in two. */
export function swap({ dice, names }: Scene): Pattern {
  const first = names.freshPath();
  const second = dice.oneIn(2) ? names.freshPath() : (names.file()?.path ?? names.freshPath());
  const exchange: Operation = { op: 'rename', from: first, to: second, flag: 'exchange' };
  const inside = `${first}/inside`;
  return [
    say({ op: 'mkdir', path: first, mode: 0o755 }),
    say({ op: 'mkdir', path: inside, mode: 0o755 }),
    say({ op: 'mkdir', path: second, mode: 0o755 }),
    say(exchange),
    say(dice.oneIn(2) ? exchange : { op: 'rename', from: inside, to: second, flag: 'exchange' }),
    say({ op: 'rename', from: second, to: names.freshPath(), flag: 'whiteout' }),
    say({ op: 'readdir', path: first }),
  ];
}

/** A file without a name is written, and gets one or is forgotten. */
export function unnamed(scene: Scene): Pattern {
  const { dice, names } = scene;
  const handle: Handle = scene.newHandle();
  const to = names.newPath();
  const directory = names.directory();
  const write: Maker = (now) =>
    now.view(handle) === null
      ? null
      : { op: 'pwrite', handle, offset: dice.below(9000), content: { seed: now.newSeed(), length: 5000 } };
  const ending: Maker[] = [
    say({ op: 'link-handle', handle, to }),
    write,
    (now) => (now.view(handle) === null ? null : { op: 'fsync', handle }),
    say({ op: 'link-handle', handle, to: `${to}b` }),
    say({ op: 'unlink', path: to }),
  ];
  return [
    say({
      op: 'open',
      as: handle,
      path: directory,
      access: 'read-write',
      flags: { tmpfile: true },
      mode: 0o600,
    }),
    write,
    ...(dice.oneIn(3) ? [] : ending.slice(0, dice.between(1, ending.length))),
    (now) => (now.view(handle) === null ? null : { op: 'close', handle }),
  ];
}

/** Somebody else comes, works in a directory that lets him, and goes. */
export function visit({ dice, names }: Scene): Pattern {
  const directory = names.freshPath();
  const path = `${directory}/f`;
  const modes = [0o777, 0o1777, 0o1777, 0o2777, 0o755, 0o733] as const;
  const deeds: readonly [Operation, ...Operation[]] = [
    { op: 'mkdir', path: `${directory}/d`, mode: 0o755 },
    { op: 'mknod', path: `${directory}/p`, type: 'fifo', mode: 0o644, device: { major: 0, minor: 0 } },
    {
      op: 'mknod',
      path: `${directory}/c`,
      type: 'character-device',
      mode: 0,
      device: { major: 1, minor: 3 },
    },
    { op: 'symlink', target: 'f', path: `${directory}/l` },
    { op: 'link', from: path, to: `${directory}/g` },
    { op: 'unlink', path },
    { op: 'unlink', path },
    { op: 'rename', from: path, to: `${directory}/n` },
    { op: 'truncate', path, size: 100 },
    { op: 'chmod', path, mode: 0o6777 },
    { op: 'utimens', path, atime: 'now', mtime: 'now' },
    { op: 'readdir', path: directory },
    { op: 'removexattr', path, name: 'user.a' },
    { op: 'chattr', path, immutable: true, append: false },
    { op: 'set-project', path, project: 1 },
  ];
  const chosen = Array.from({ length: dice.between(3, 8) }, () => say(dice.pick(deeds)));
  return [
    say({ op: 'mkdir', path: directory, mode: 0o755 }),
    say({ op: 'chmod', path: directory, mode: dice.pick(modes) }),
    say({
      op: 'mknod',
      path,
      type: 'file',
      mode: dice.pick([0o644, 0o666, 0o4777, 0o600]),
      device: { major: 0, minor: 0 },
    }),
    stranger,
    say({ op: 'getxattr', path, name: 'user.a' }),
    ...chosen,
    root,
  ];
}

/** A program gets capabilities, and loses them by whatever is done to it; or does not. */
export function capable(scene: Scene): Pattern {
  const { dice, names } = scene;
  const path = names.file()?.path ?? names.freshPath();
  const name = 'security.capability';
  const handle = scene.newHandle();
  const changes: readonly [Maker, ...Maker[]] = [
    say({ op: 'truncate', path, size: dice.below(9000) }),
    say({ op: 'chown', path, uid: -1, gid: -1 }),
    say({ op: 'chown', path, uid: dice.pick([0, 1000]), gid: -1 }),
    say({ op: 'chmod', path, mode: 0o755 }),
    say({ op: 'open', as: handle, path, access: 'write', flags: { truncate: true }, mode: 0 }),
    (now) => {
      const file = now.open(({ type }) => type === 'file');
      if (file === null) return null;
      return { op: 'write', handle: file.handle, content: { seed: now.newSeed(), length: dice.below(300) } };
    },
  ];
  const capability = { permitted: dice.pick([1, 0x3000]), inheritable: 0, effective: dice.oneIn(2) };
  return [
    say({ op: 'setxattr', path, name, value: { capability } }),
    ...(dice.oneIn(3) ? [say({ op: dice.pick(SETTLING) })] : []),
    dice.pick(changes),
    say({ op: 'getxattr', path, name }),
    say({ op: 'stat', path }),
  ];
}

/** What is made in a directory whose access times stay, and looked at there. */
export function untouched({ dice, names }: Scene): Pattern {
  const directory = names.freshPath();
  const path = `${directory}/f`;
  const flags = { immutable: false, append: false, noatime: true } as const;
  const looks: readonly [Operation, ...Operation[]] = [
    { op: 'readdir', path: directory },
    { op: 'readlink', path: `${directory}/l` },
    { op: 'stat', path: `${directory}/l/.` },
    { op: 'readdir', path: `${directory}/d` },
  ];
  return [
    say({ op: 'mkdir', path: directory, mode: 0o755 }),
    say({ op: 'chattr', path: directory, ...flags, ...(dice.oneIn(3) && { dirsync: true, nodump: true }) }),
    say({ op: 'symlink', target: 'd', path: `${directory}/l` }),
    say({ op: 'mkdir', path: `${directory}/d`, mode: 0o755 }),
    say({ op: 'mknod', path, type: 'file', mode: 0o644, device: { major: 0, minor: 0 } }),
    ...(dice.oneIn(3) ? [say({ op: dice.pick(SETTLING) })] : []),
    say(dice.pick(looks)),
    say(dice.pick(looks)),
    say({ op: 'lsattr', path: dice.oneIn(2) ? path : `${directory}/d` }),
    ...(dice.oneIn(2) ? [say({ op: 'chattr', path: directory, ...flags, noatime: false })] : []),
    say(dice.pick(looks)),
  ];
}
