import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeImage } from '../../image-file.ts';
import { TargetUnavailable, type DiskImage } from '../../target.ts';
import { Area } from './area.ts';
import { PartnerLost } from './channel.ts';
import { Performer } from './performer.ts';
import { startHere } from './performer-pool.ts';
import type { ImageSeat, Machine, Place } from './seat.ts';
import { SparseImage } from './sparse-image.ts';
import type { Partner } from '../../process.ts';

/** What a guest is started with. */
export interface GuestFolder {
  /** The only folder of this machine that the guest writes to. */
  readonly path: string;
  /** The file that is its disk, in that folder. */
  readonly disk: string;
  /** The file of a second disk, for what is written to the first; null where nobody wants to know. */
  readonly log: string | null;
  /** What it may share with us, where its memory can be a file of ours. */
  readonly area: Area;
}

/** How a kernel of its own is started, so that guest/ runs in it. */
export interface GuestKind {
  /** How long it may be silent before it counts as hung; as long as any kernel when absent. */
  readonly silenceMsMax?: number;
  /** The disk as the guest's kernel names it. */
  readonly device: string;
  /** Its second disk; null where there is none. */
  readonly logDevice: string | null;
  /** What a guest's last words say of this machine, which no guest of this kind runs on; null when they say nothing of the sort. */
  readonly whyNotHere?: (lastWords: string) => string | null;
  /** Throws TargetUnavailable where it cannot be started. */
  readonly start: (folder: GuestFolder, onBytes: (bytes: Buffer) => void) => Partner;
}

/** Disks are mostly holes: what they could hold costs nothing. */
const DISK_BYTES_MIN = 512 << 20;

/** Sparse, too. What one session writes is a fraction of it. */
const LOG_BYTES = 1 << 30;

const STAND = '/run/stand';

/**
 * Kernels of our own, each with one disk. A boot serves one session after the other; whatever breaks one costs a boot, and
 * the sequence that ran.
 */
export class GuestMachine implements Machine {
  readonly #kind: GuestKind;
  readonly #workspace: string;
  readonly #name: string;
  readonly #recorded: boolean;
  readonly #free: Guest[] = [];
  /** On this machine: it knows where files have holes. */
  #clerk: Promise<Performer> | null = null;

  /** Folders in the workspace begin with the name. Where it is `recorded`, a seat has the log of what was written, too. */
  constructor(kind: GuestKind, workspace: string, name: string, recorded = false) {
    this.#kind = kind;
    this.#recorded = recorded;
    this.#workspace = workspace;
    this.#name = name;
  }

  async seat(sizeBytes: number): Promise<GuestSeat> {
    const index = this.#free.findIndex(({ diskBytes }) => diskBytes >= sizeBytes);
    const [known] = index < 0 ? [] : this.#free.splice(index, 1);
    const guest = known ?? (await this.#boot(Math.max(sizeBytes, DISK_BYTES_MIN)));
    this.#clerk ??= startHere(this.#workspace);
    return new GuestSeat(guest, sizeBytes, await this.#clerk, () => this.#free.push(guest));
  }

  async close(): Promise<void> {
    for (const guest of this.#free.splice(0)) await guest.end();
    await (await this.#clerk)?.end();
    this.#clerk = null;
  }

  async #boot(diskBytes: number): Promise<Guest> {
    const path = mkdtempSync(join(this.#workspace, `${this.#name}-`));
    const area = new Area(path);
    const folder = { path, disk: join(path, 'disk'), log: this.#recorded ? join(path, 'log') : null, area };
    writeFileSync(folder.disk, '');
    truncateSync(folder.disk, diskBytes);
    if (folder.log !== null) makeEmpty(folder.log);
    try {
      const start = (onBytes: (bytes: Buffer) => void): Partner => this.#kind.start(folder, onBytes);
      const performer = await Performer.over(start, this.#kind.silenceMsMax, area);
      return new Guest(folder, this.#kind, diskBytes, performer);
    } catch (error) {
      rmSync(path, { recursive: true, force: true });
      throw this.#unavailable(error) ?? error;
    }
  }

  /** What to say of an error where no guest of this kind runs on this machine; null where it says something else. */
  #unavailable(error: unknown): TargetUnavailable | null {
    if (!(error instanceof PartnerLost)) return null;
    const why = this.#kind.whyNotHere?.(error.stack ?? '') ?? null;
    return why === null ? null : new TargetUnavailable(why);
  }
}

/** A kernel that runs. */
class Guest {
  readonly folder: GuestFolder;
  readonly kind: GuestKind;
  readonly diskBytes: number;
  readonly performer: Performer;

  constructor(folder: GuestFolder, kind: GuestKind, diskBytes: number, performer: Performer) {
    this.folder = folder;
    this.kind = kind;
    this.diskBytes = diskBytes;
    this.performer = performer;
  }

  async end(): Promise<void> {
    await this.performer.end();
    this.#remove();
  }

  kill(): void {
    this.performer.kill();
    this.#remove();
  }

  #remove(): void {
    rmSync(this.folder.path, { recursive: true, force: true });
  }
}

export class GuestSeat implements ImageSeat {
  readonly performer: Performer;
  readonly #guest: Guest;
  readonly #sizeBytes: number;
  readonly #clerk: Performer;
  readonly #onRelease: () => void;

  constructor(guest: Guest, sizeBytes: number, clerk: Performer, onRelease: () => void) {
    this.performer = guest.performer;
    this.#guest = guest;
    this.#sizeBytes = sizeBytes;
    this.#clerk = clerk;
    this.#onRelease = onRelease;
  }

  load(image: DiskImage): void {
    const { disk } = this.#guest.folder;
    writeImage(image, disk);
    truncateSync(disk, this.#guest.diskBytes);
    if (this.log !== null) makeEmpty(this.log);
  }

  /** The file of the log; null when nothing is recorded. */
  get log(): string | null {
    return this.#guest.folder.log;
  }

  place(type: string, options: readonly string[]): Place {
    const { device, logDevice } = this.#guest.kind;
    const where = { folder: STAND, type, options };
    if (this.log === null) return { kind: 'device', device, ...where };
    if (logDevice === null) throw new TargetUnavailable('what is written to this kernel cannot be recorded');
    return { kind: 'recorded', device, log: logDevice, ...where };
  }

  async disk(): Promise<DiskImage> {
    const { disk } = this.#guest.folder;
    const { ranges = [] } = await this.#clerk.call({ call: 'ranges', path: disk });
    return SparseImage.load(disk, ranges).within(this.#sizeBytes);
  }

  release(): void {
    this.#onRelease();
  }

  destroy(): void {
    this.#guest.kill();
  }
}

/** All holes, and as large as ever. */
function makeEmpty(log: string): void {
  writeFileSync(log, '');
  truncateSync(log, LOG_BYTES);
}
