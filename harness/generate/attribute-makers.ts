import type { AclEntry, AclValue, Content, NodeView, XattrValue } from '../../model/index.ts';
import { hasFeature } from '../format.ts';
import { GROUP_IDS, PEOPLE } from './callers.ts';
import type { Maker } from './data-makers.ts';
import type { Scene } from './scene.ts';

export const ACCESS_LIST = 'system.posix_acl_access';
const DEFAULT_LIST = 'system.posix_acl_default';

const CAPABILITY = 'security.capability';

const LONGEST_NAME = `user.${'n'.repeat(250)}`;

/** Few and short, so that they meet; names in three namespaces, and of the greatest length. */
const NAMES = [
  'user.a',
  'user.a',
  'user.b',
  'user.cc',
  'user.longer-name',
  'trusted.a',
  'trusted.overlay.x',
  'security.a',
  CAPABILITY,
  LONGEST_NAME,
] as const;

/** Names that no attribute can have, or none of ext4. */
const WRONG_NAMES = ['', 'user.', 'user', 'nosuch.a', 'system.a', `${LONGEST_NAME}n`, 'trusted.'] as const;

const USUAL_INODE_BYTES = 256;

/** What the fields of an inode, the ends of its attributes, and one entry with a short name take of it. */
const INODE_OVERHEAD_BYTES = 188;

/** The header of an attribute block, its end, and one entry with a short name. */
const BLOCK_OVERHEAD_BYTES = 56;

const VALUE_BYTES_MAX = 65536;

/** How often something is looked for that has attributes. */
const LOOKS = 4;

/** Something that has attributes, if that can be found soon. */
function nodeWithXattrs(scene: Scene): NodeView | null {
  for (let count = 0; count < LOOKS; count++) {
    const found = scene.dice.oneIn(3) ? scene.names.ownDirectory() : scene.names.file();
    if (found !== null && found.xattrNames.length > 0) return found;
  }
  return null;
}

/** Something that may have attributes; mostly a file or a directory. Null now and then: the path should be wrong. */
function node(scene: Scene): NodeView | null {
  const { dice, names } = scene;
  if (scene.rareMistake()) return null;
  if (dice.oneIn(3)) return names.ownDirectory() ?? names.root();
  return dice.oneIn(8) ? (names.special() ?? names.symlink() ?? names.file()) : names.file();
}

/** A name that the node has, or one that it may have. */
function xattrName(scene: Scene, known: NodeView | null): string {
  const { dice } = scene;
  if (scene.rareMistake()) return dice.pick(WRONG_NAMES);
  if (dice.oneIn(5)) return dice.oneIn(2) ? ACCESS_LIST : DEFAULT_LIST;
  const present = known?.xattrNames ?? [];
  if (present.length > 0 && dice.oneIn(2)) return present[dice.below(present.length)] ?? 'user.a';
  return dice.pick(NAMES);
}

const pathTo = (scene: Scene, known: NodeView | null): string =>
  scene.names.detour(known === null ? scene.names.wrong() : known.path);

/** A link itself mostly when the path ends in one; on others it makes no difference. */
const nofollow = ({ dice }: Scene, known: NodeView | null): { nofollow?: true } =>
  dice.oneIn(known?.type === 'symlink' ? 2 : 12) ? { nofollow: true } : {};

export const setxattr: Maker = (scene) => {
  const { dice } = scene;
  const known = node(scene);
  const name = xattrName(scene, known);
  const flag = dice.oneIn(5) ? { flag: dice.pick(['create', 'replace'] as const) } : {};
  const value = valueOf(scene, name);
  return { op: 'setxattr', path: pathTo(scene, known), name, value, ...flag, ...nofollow(scene, known) };
};

function valueOf(scene: Scene, name: string): XattrValue {
  const { dice } = scene;
  const proper = !dice.oneIn(12);
  if (proper && isListName(name)) return accessList(scene);
  if (!proper || name !== CAPABILITY) return xattrContent(scene);
  const set = (): number => dice.pick([0, 1, 0x3000, 2 ** 31, 2 ** 32 - 1]);
  return { capability: { permitted: set(), inheritable: set(), effective: dice.oneIn(2) } };
}

const onAttribute =
  (op: 'getxattr' | 'removexattr'): Maker =>
  (scene) => {
    const rich = scene.dice.oneIn(3) ? null : nodeWithXattrs(scene);
    const known = rich ?? node(scene);
    const name = (scene.rareMistake() ? undefined : rich?.xattrNames[0]) ?? xattrName(scene, known);
    return { op, path: pathTo(scene, known), name, ...nofollow(scene, known) };
  };

export const getxattr = onAttribute('getxattr');
export const removexattr = onAttribute('removexattr');

export const listxattr: Maker = (scene) => {
  const known = node(scene);
  return { op: 'listxattr', path: pathTo(scene, known), ...nofollow(scene, known) };
};

const isListName = (name: string): boolean => name === ACCESS_LIST || name === DEFAULT_LIST;

/** Lengths at which a value leaves the inode for its block, or the block for an inode of its own, or the vocabulary. */
function xattrContent(scene: Scene): Content {
  const { dice, setup } = scene;
  const block = setup.blockSize;
  const inInode = Math.max(0, (setup.format?.inodeSize ?? USUAL_INODE_BYTES) - INODE_OVERHEAD_BYTES);
  const near = dice.between(-5, 5);
  const length = [
    0,
    dice.between(4, 40),
    inInode / 2 + near,
    inInode + near,
    dice.between(1, 300),
    block / 4 + near,
    block / 2 + near,
    block - BLOCK_OVERHEAD_BYTES + 2 * near,
    block + near,
    dice.below(8 * block),
  ][dice.below(hasFeature(setup.format, 'ea_inode') ? 10 : scene.rareMistake() ? 9 : 8)];
  if (length === undefined) return { seed: 1, length: 0 };
  const wanted = dice.oneIn(40) ? VALUE_BYTES_MAX + dice.between(-1, 1) : length;
  return { seed: scene.newSeed(), length: Math.max(0, Math.min(wanted, VALUE_BYTES_MAX + 1)) };
}

/** Mostly valid: owner, some users, the owning group, some groups, a mask when somebody is named, and the others. */
export function accessList(scene: Scene): XattrValue {
  const { dice } = scene;
  const bits = (): number => (dice.oneIn(3) ? 7 : dice.below(8));
  const acl: AclEntry[] = [{ tag: 'owner', permissions: bits() }];
  for (let count = dice.below(3); count > 0; count--) {
    acl.push({ tag: 'user', permissions: bits(), id: dice.pick(PEOPLE) });
  }
  acl.push({ tag: 'owning-group', permissions: bits() });
  for (let count = dice.below(3); count > 0; count--) {
    acl.push({ tag: 'group', permissions: bits(), id: dice.pick(GROUP_IDS) });
  }
  if (acl.length > 2 || dice.oneIn(3)) acl.push({ tag: 'mask', permissions: bits() });
  acl.push({ tag: 'others', permissions: bits() });
  return scene.rareMistake() ? broken(scene, acl) : { acl };
}

/** One thing wrong: an entry too many, too few, in a wrong place, or with a wrong number. */
function broken({ dice }: Scene, acl: AclEntry[]): AclValue {
  const index = dice.below(acl.length);
  const entry = acl[index] ?? { tag: 'mask', permissions: 7 };
  switch (dice.below(5)) {
    case 0:
      return { acl: [] };
    case 1:
      return { acl: acl.toSpliced(index, 1) };
    case 2:
      return { acl: acl.toSpliced(index, 0, entry) };
    case 3:
      return { acl: acl.toSpliced(index, 1, { tag: entry.tag, permissions: entry.permissions + 8 }) };
    default:
      return { acl: acl.toReversed() };
  }
}
