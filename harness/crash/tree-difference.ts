import type { RecoveredNode, RecoveredTree } from '../../model/index.ts';

/** How two recoveries of one state differ; null when they do not. */
export function treeDifference(
  left: RecoveredTree,
  right: RecoveredTree,
): { readonly detail: string; readonly words: string } | null {
  for (const [path, node] of left) {
    const other = right.get(path);
    const what = other === undefined ? 'names' : nodeDifference(node, other);
    if (what !== null)
      return {
        detail: what,
        words: `${path}: ${what} ${textOf(node)} here, ${other === undefined ? 'nothing' : textOf(other)} there`,
      };
  }
  for (const path of right.keys())
    if (!left.has(path)) return { detail: 'names', words: `${path} is there, and is not here` };
  return null;
}

function nodeDifference(left: RecoveredNode, right: RecoveredNode): string | null {
  for (const key of ['type', 'mode', 'links', 'uid', 'gid', 'size', 'target'] as const)
    if (left[key] !== right[key]) return key;
  if (JSON.stringify([left.mtime, left.ctime]) !== JSON.stringify([right.mtime, right.ctime])) return 'times';
  if (left.flags.join() !== right.flags.join()) return 'flags';
  if (JSON.stringify(valuesOf(left)) !== JSON.stringify(valuesOf(right))) return 'extended attributes';
  const same = left.bytes === right.bytes || Buffer.compare(left.bytes ?? NONE, right.bytes ?? NONE) === 0;
  return same ? null : 'bytes';
}

/** In the order of names, for no two list them in the same. */
const valuesOf = ({ xattrs }: RecoveredNode): (readonly [string, string])[] =>
  [...xattrs]
    .map(([name, bytes]) => [name, Buffer.from(bytes).toString('hex')] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));

const NONE = new Uint8Array(0);

const textOf = ({ bytes, ...rest }: RecoveredNode): string =>
  JSON.stringify({
    ...rest,
    xattrs: valuesOf({ bytes, ...rest }),
    ...(bytes !== null && { bytes: Buffer.from(bytes.subarray(0, 64)).toString('hex') }),
  });
