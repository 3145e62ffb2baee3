import type { Credentials, Operation } from '../../model/index.ts';
import type { Maker } from './data-makers.ts';
import type { Scene } from './scene.ts';

/** Few, so that they meet as owner, member of a group, and stranger. */
export const PEOPLE = [1000, 1001, 65534] as const;
export const GROUP_IDS = [1000, 1001, 2000] as const;

const CALLERS: readonly [Credentials, ...Credentials[]] = [
  { uid: 1000, gid: 1000, groups: [] },
  { uid: 1000, gid: 1000, groups: [2000] },
  { uid: 1001, gid: 1000, groups: [] },
  { uid: 1001, gid: 1001, groups: [1000, 2000] },
  { uid: 65534, gid: 65534, groups: [] },
];

const ROOT: Credentials = { uid: 0, gid: 0, groups: [] };

/** Modes that let strangers in, and tell them apart. */
const OPEN_MODES = [0o777, 0o1777, 0o2777, 0o3777, 0o775, 0o733, 0o757] as const;

const WRITABLE_BY_ALL = 0o003;

/** Somebody else; in half of the cases root again, so that a run does not end in front of closed doors. */
export const setcreds: Maker = (scene) => {
  const { dice, model } = scene;
  if (model.caller.uid !== 0) {
    const next = dice.oneIn(2) ? ROOT : dice.pick(CALLERS);
    return { op: 'setcreds', ...next };
  }
  return openDoor(scene) ?? stranger(scene);
};

/** Somebody else than root, whatever he can do here. */
export const stranger: Maker = ({ dice }) => ({ op: 'setcreds', ...dice.pick(CALLERS) });

export const root: Maker = () => ({ op: 'setcreds', ...ROOT });

/** Before anybody else than root comes, the root directory mostly lets him do something. */
function openDoor({ dice, names }: Scene): Operation | null {
  const root = names.root();
  if (root === null || (root.mode & WRITABLE_BY_ALL) === WRITABLE_BY_ALL || dice.oneIn(4)) return null;
  if (dice.oneIn(3)) {
    return { op: 'chown', path: '.', uid: dice.pick(PEOPLE), gid: dice.pick(GROUP_IDS) };
  }
  return { op: 'chmod', path: '.', mode: dice.pick(OPEN_MODES) };
}
