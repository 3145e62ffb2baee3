import { mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelOptions } from '../../../model/index.ts';
import { hasFeature } from '../../format.ts';
import { writeImage } from '../../image-file.ts';
import { mke2fs, Mke2fsError } from '../../mke2fs.ts';
import { BASE_SECONDS, type Setup } from '../../setup.ts';
import { TargetUnavailable, type DiskImage, type Session, type Target } from '../../target.ts';
import type { Unperformed } from '../../unperformed.ts';
import { KernelClock } from './kernel-clock.ts';
import { KernelSession, type Place } from './kernel-session.ts';
import { machineTraits } from './machine-traits.ts';
import { PerformerPool } from './performer-pool.ts';
import type { Performer } from './performer.ts';
import { SparseImage } from './sparse-image.ts';

/** What the performer does not perform so far. */
const UNPERFORMED: Unperformed = new Set(['fallocate', 'fiemap', 'bmap', 'seek data']);

const UUID = Uint8Array.from({ length: 16 }, (_, index) => 0x70 + index);
const HASH_SEED = Uint8Array.from({ length: 16 }, (_, index) => 0x10 + 7 * index);

/** The kernel refuses blocks that are larger than its pages. */
const BLOCK_BYTES_MAX = 4096;

const OLD_INODE_BYTES = 128;
const TEMPLATES_MAX = 64;

/** An image of mke2fs in a file, mounted on the kernel that this process runs on. */
export class LoopTarget implements Target {
  readonly name: string;
  readonly capabilities = { powerCut: false, images: true, unperformed: UNPERFORMED };
  readonly #workspace: string;
  /** Mount options beyond those of the setup. */
  readonly #options: readonly string[];
  readonly #pool = new PerformerPool();
  readonly #templates = new Map<string, string>();
  #traits: Partial<ModelOptions> = {};
  #made = 0;

  constructor(name: string, workspace: string, options: readonly string[]) {
    this.name = name;
    this.#workspace = workspace;
    this.#options = options;
  }

  get traits(): Partial<ModelOptions> {
    return this.#traits;
  }

  async start(setup: Setup): Promise<Session> {
    const performer = await this.#pool.take();
    const image = this.#path('image');
    await performer.call({ call: 'copy', from: this.#template(setup), to: image });
    return this.#session(performer, image, setup);
  }

  async mount(image: DiskImage, setup: Setup): Promise<Session> {
    const performer = await this.#pool.take();
    const path = this.#path('image');
    writeImage(image, path);
    return this.#session(performer, path, setup);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #session(performer: Performer, image: string, setup: Setup): Promise<Session> {
    this.#traits = machineTraits(performer.hello);
    const wholeSeconds = setup.format?.inodeSize === OLD_INODE_BYTES;
    const clock = new KernelClock(wholeSeconds);
    const folder = this.#path('mount');
    mkdirSync(folder);
    const words = [...mountOptions(setup), ...this.#options];
    const place = new LoopPlace(image, folder, words, setup.mount.atime === 'relatime');
    try {
      await place.enter(performer);
    } catch (error) {
      performer.kill();
      place.abandon();
      throw error;
    }
    return new KernelSession(performer, place, clock, (free) => this.#pool.give(free));
  }

  /** A file with a fresh file system; the same setup gets the same. */
  #template(setup: Setup): string {
    const { blockSize, sizeBytes, inodes, format } = setup;
    const key = JSON.stringify({ blockSize, sizeBytes, inodes, format });
    const known = this.#templates.get(key);
    if (known !== undefined) return known;
    const [oldest] = this.#templates;
    if (this.#templates.size >= TEMPLATES_MAX && oldest !== undefined) {
      rmSync(oldest[1]);
      this.#templates.delete(oldest[0]);
    }
    const path = this.#path('template');
    makeImage(setup, path);
    this.#templates.set(key, path);
    return path;
  }

  #path(kind: string): string {
    return join(this.#workspace, `${this.name.replaceAll(/\W+/g, '-')}-${kind}-${this.#made++}`);
  }
}

function makeImage(setup: Setup, path: string): void {
  if (setup.blockSize > BLOCK_BYTES_MAX) {
    throw new TargetUnavailable(`the kernel mounts no blocks of ${setup.blockSize} bytes`);
  }
  writeFileSync(path, '');
  truncateSync(path, setup.sizeBytes);
  try {
    mke2fs(withRoomForReserve(setup), { uuid: UUID, hashSeed: HASH_SEED, now: BASE_SECONDS }, path);
  } catch (error) {
    if (error instanceof Mke2fsError) throw new TargetUnavailable(error.message);
    throw error;
  }
}

/** mke2fs counts half of the blocks before it rounds them down to clusters, and e2fsck 1.47 then finds more than half reserved. */
function withRoomForReserve(setup: Setup): Setup {
  const { format } = setup;
  if (format?.reservedPercent !== 50 || !hasFeature(format, 'bigalloc')) return setup;
  return { ...setup, format: { ...format, reservedPercent: 49 } };
}

/** What a setup says, as options of mount(8). Whoever journals data has no delayed allocation. */
function mountOptions({ mount, format }: Setup): string[] {
  const { data, atime } = mount;
  const journaled = data === undefined || !hasFeature(format, 'has_journal') ? [] : [`data=${data}`];
  const common = [atime, 'noinit_itable', ...journaled];
  if (data === 'journal') return common;
  const delalloc = mount.delalloc ? 'delalloc' : 'nodelalloc';
  return [...common, delalloc, mount.dioreadNolock ? 'dioread_nolock' : 'dioread_lock'];
}

/** A loop mount in the performer's own mount namespace: it is gone when the performer is. */
class LoopPlace implements Place {
  readonly #image: string;
  readonly #folder: string;
  readonly #options: readonly string[];
  readonly #paced: boolean;

  constructor(image: string, folder: string, options: readonly string[], paced: boolean) {
    this.#image = image;
    this.#folder = folder;
    this.#options = options;
    this.#paced = paced;
  }

  async enter(performer: Performer): Promise<void> {
    const [folder, options] = [this.#folder, this.#options];
    const { error } = await performer.call({
      call: 'mount',
      folder,
      image: this.#image,
      type: 'ext4',
      options,
    });
    if (typeof error === 'string') throw new TargetUnavailable(error);
    await performer.call({ call: 'enter', folder, paced: this.#paced });
  }

  async leave(performer: Performer): Promise<DiskImage> {
    const { ranges = [] } = await performer.call({ call: 'ranges', path: this.#image });
    const image = SparseImage.load(this.#image, statSync(this.#image).size, ranges);
    this.abandon();
    return image;
  }

  abandon(): void {
    rmSync(this.#image, { force: true });
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
