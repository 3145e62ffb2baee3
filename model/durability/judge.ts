import type { Path, Stat } from '../operation.ts';
import { exactlySame, type SameTime } from '../times.ts';
import type { Acknowledgement } from './acknowledgement.ts';
import { FilePast, hasReturned, newestVersion, type CrashMoment } from './file-past.ts';
import { FileImages, type StreamBytes } from './file-images.ts';
import type { XattrBytes } from '../extended-attributes.ts';
import type { DurabilityHistory } from './history.ts';
import { judgeBytes } from './judge-bytes.ts';
import type { InodeMoment } from './moment.ts';
import type { DurabilityProblem, RecoveredNode, RecoveredTree } from './recovered-tree.ts';
import { movesSizeAtOnce, type DurabilityMode } from './rules.ts';
import { floorWithoutJournal } from './without-journal.ts';

/** Judges what is found after power cuts of one history; rules.ts says by what. */
export class DurabilityJudge {
  readonly #history: DurabilityHistory;
  readonly #mode: DurabilityMode;
  readonly #images: FileImages;
  readonly #streamBytes: StreamBytes;
  readonly #sameTime: SameTime;

  /** `sameTime` says which times of the recovered tree stand for which of the history, where a clock of its own stamped them. */
  constructor(
    history: DurabilityHistory,
    mode: DurabilityMode,
    streamBytes: StreamBytes,
    sameTime: SameTime = exactlySame,
  ) {
    this.#sameTime = sameTime;
    this.#history = history;
    this.#mode = mode;
    this.#images = new FileImages(streamBytes);
    this.#streamBytes = streamBytes;
  }

  /** Null when the tree is one that may be found; else what is wrong with it, seen from the version that it is most like. */
  judge(tree: RecoveredTree, crash: CrashMoment): DurabilityProblem | null {
    const floor = this.floor(crash);
    if (floor === null) return null;
    let nearest: DurabilityProblem | null = null;
    for (let version = newestVersion(this.#history, crash); version >= floor; version--) {
      const problem = this.#problem(tree, crash, version);
      if (problem === null) return null;
      if (nearest === null || DEPTH[problem.what] > DEPTH[nearest.what]) nearest = problem;
    }
    return nearest;
  }

  /** The oldest version that names and attributes may have; null when nothing is promised. */
  floor(crash: CrashMoment): number | null {
    if (!this.#mode.journal) return floorWithoutJournal(this.#history, crash, this.#mode);
    let floor = 0;
    for (const [index, { facts }] of this.#history.steps.entries())
      if (facts.acknowledged !== null && hasReturned(crash, index + 1))
        floor = Math.max(floor, Math.min(this.#floorOf(facts.acknowledged), index + 1));
    return floor;
  }

  #floorOf({ floor, floorAtOnce }: Acknowledgement): number {
    return movesSizeAtOnce(this.#mode) ? floorAtOnce : floor;
  }

  #problem(tree: RecoveredTree, crash: CrashMoment, version: number): DurabilityProblem | null {
    return (
      this.#namesProblem(tree, version) ??
      this.#linksProblem(tree, version) ??
      this.#attributesProblem(tree, version, newestVersion(this.#history, crash)) ??
      this.#filesProblem(tree, crash, version)
    );
  }

  #namesProblem(tree: RecoveredTree, version: number): DurabilityProblem | null {
    const { names, inodes } = this.#history.moment(version);
    const problem = (path: Path, words: string): DurabilityProblem => ({ what: 'names', path, words });
    for (const path of names.keys())
      if (!tree.has(path))
        return problem(path, `${path} is not there, as it is from operation ${version} on`);
    for (const [path, { type }] of tree) {
      const id = names.get(path);
      if (id === undefined) return problem(path, `${path} is there, and was not after operation ${version}`);
      const expected = inodes.get(id)?.stat.type;
      if (expected !== type) return problem(path, `${path} is a ${type}, and was a ${expected ?? 'nothing'}`);
    }
    return null;
  }

  /** Names of one inode are names of one inode. */
  #linksProblem(tree: RecoveredTree, version: number): DurabilityProblem | null {
    const { names } = this.#history.moment(version);
    const found = new Map<number, number>();
    const known = new Map<number, number>();
    for (const [path, { ino }] of tree) {
      const id = names.get(path) ?? 0;
      if ((found.get(ino) ?? id) !== id || (known.get(id) ?? ino) !== ino)
        return { what: 'links', path, words: `${path} is a name of another inode than it was` };
      found.set(ino, id);
      known.set(id, ino);
    }
    return null;
  }

  /** Those of the version, or of the next one where it was in part committed (rule 5). */
  #attributesProblem(tree: RecoveredTree, version: number, newest: number): DurabilityProblem | null {
    for (const [path, node] of tree) {
      const id = this.#history.moment(version).names.get(path) ?? 0;
      const now = this.#history.inode(id, version);
      const next = version < newest ? this.#history.inode(id, version + 1) : null;
      if (now === null || this.#hasAttributes(node, now)) continue;
      // chattr(1) of the flag j sets the time in a handle of its own.
      if (
        next !== null &&
        [next, { ...next, flags: now.flags }].some((one) => this.#hasAttributes(node, one))
      )
        continue;
      const words = `${path} has ${attributesText(node)}; after operation ${version} it had ${attributesText({ ...now.stat, ...now })}`;
      return { what: 'attributes', path, words };
    }
    return null;
  }

  #hasAttributes(node: RecoveredNode, { stat, target, timesKnown, xattrs, flags }: InodeMoment): boolean {
    const { mode, uid, gid, links } = stat;
    if (node.mode !== mode || node.uid !== uid || node.gid !== gid || node.links !== links) return false;
    if (node.target !== target || node.flags.join() !== flags.join()) return false;
    if (!this.#hasXattrs(node, xattrs)) return false;
    if (!timesKnown || (this.#mode.fastCommit && stat.type === 'directory')) return true;
    return this.#sameTime(stat.mtime, node.mtime) && this.#sameTime(stat.ctime, node.ctime);
  }

  #hasXattrs({ xattrs: found }: RecoveredNode, expected: InodeMoment['xattrs']): boolean {
    if (found.size !== expected.size) return false;
    for (const [name, value] of expected) {
      const bytes = found.get(name);
      if (bytes === undefined || !this.#isValue(bytes, value)) return false;
    }
    return true;
  }

  #isValue(found: Uint8Array, value: XattrBytes): boolean {
    const bytes = 'seed' in value ? this.#streamBytes(value.seed, 0, value.length) : value;
    return found.length === bytes.length && found.every((byte, index) => byte === bytes[index]);
  }

  #filesProblem(tree: RecoveredTree, crash: CrashMoment, version: number): DurabilityProblem | null {
    const seen = new Set<number>();
    for (const [path, { bytes, size, ino }] of tree) {
      if (bytes === null || seen.has(ino)) continue;
      seen.add(ino);
      const id = this.#history.moment(version).names.get(path) ?? 0;
      const past = new FilePast(this.#history, this.#mode, id, version, crash);
      const { least, most } = past.sizes();
      if (size < least || size > most) {
        const words = `${path} has ${size} bytes; after operation ${version} it must have ${least === most ? least : `${least} to ${most}`}`;
        return { what: 'size', path, words };
      }
      const problem = judgeBytes(past, path, bytes, this.#images);
      if (problem !== null) return problem;
    }
    return null;
  }
}

const DEPTH: Readonly<Record<DurabilityProblem['what'], number>> = {
  names: 0,
  links: 1,
  attributes: 2,
  size: 3,
  bytes: 4,
};

interface Attributes extends Pick<Stat, 'mode' | 'uid' | 'gid' | 'links' | 'mtime' | 'ctime'> {
  readonly xattrs: ReadonlyMap<string, { readonly length: number }>;
  readonly flags: readonly string[];
}

function attributesText({ mode, uid, gid, links, mtime, ctime, xattrs, flags }: Attributes): string {
  const values = [...xattrs].map(([name, { length }]) => `${name} of ${length} bytes`);
  return [
    `mode ${mode.toString(8)}, owner ${uid}:${gid}, ${links} links`,
    `mtime ${mtime.seconds}.${mtime.nanoseconds}, ctime ${ctime.seconds}.${ctime.nanoseconds}`,
    ...(values.length > 0 ? [`extended attributes ${values.join(', ')}`] : []),
    ...(flags.length > 0 ? [`flags ${flags.join(', ')}`] : []),
  ].join(', ');
}
