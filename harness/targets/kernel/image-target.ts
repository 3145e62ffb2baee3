import type { ModelOptions } from '../../../model/index.ts';
import type { Setup } from '../../setup.ts';
import {
  TargetUnavailable,
  type Capabilities,
  type DiskImage,
  type Session,
  type Target,
} from '../../target.ts';
import type { Unperformed } from '../../unperformed.ts';
import type { FileSystemKind } from './file-systems.ts';
import { KernelClock } from './kernel-clock.ts';
import { KernelSession } from './kernel-session.ts';
import { linuxTraits } from './machine-traits.ts';
import { MetDifferences } from './met-differences.ts';
import { unaskedOf, uncomparedOf } from './promises.ts';
import type { ImageSeat, Machine } from './seat.ts';

const TEMPLATES_MAX = 64;

/** The kernel refuses blocks that are larger than its pages. */
const BLOCK_BYTES_MAX = 4096;

/** Released kernels have one way of buffered I/O, and would put pages of whoever else is on the machine where they are told to swap. */
const UNPERFORMED: Unperformed = new Set(['reconfigure path', 'swapon', 'swapoff']);

/** An image that a kernel mounts, on whatever machine that kernel runs. */
export class ImageTarget implements Target {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly #machine: Machine;
  readonly #fileSystem: FileSystemKind;
  /** Mount options beyond those of the setup. */
  readonly #options: readonly string[];
  readonly #templates = new Map<string, DiskImage>();
  #traits: Partial<ModelOptions> = {};

  constructor(name: string, machine: Machine, fileSystem: FileSystemKind, options: readonly string[]) {
    this.name = name;
    this.#machine = machine;
    this.#fileSystem = fileSystem;
    this.#options = options;
    const { type } = fileSystem;
    this.capabilities = {
      powerCut: false,
      images: type === 'ext4',
      ...(type === 'xfs' || type === 'btrfs' ? { format: type } : {}),
      unperformed: new Set([...UNPERFORMED, ...unaskedOf(type)]),
    };
  }

  get traits(): Partial<ModelOptions> {
    return this.#traits;
  }

  async start(setup: Setup): Promise<Session> {
    return this.mount(this.#template(setup), setup);
  }

  async mount(image: DiskImage, setup: Setup): Promise<Session> {
    const seat = await this.#machine.seat(image.sizeBytes);
    seat.load(image);
    const clock = new KernelClock(this.#fileSystem.wholeSeconds(setup));
    try {
      const writeZeroes = await this.#stand(seat, setup);
      this.#traits = { ...linuxTraits(seat.performer.hello), writeZeroes, ...this.#fileSystem.traits };
    } catch (error) {
      seat.destroy();
      throw error;
    }
    const { type } = this.#fileSystem;
    const differences = new MetDifferences(seat.performer.hello.kernel, type, setup);
    return new KernelSession(seat, clock, differences, uncomparedOf(type));
  }

  async close(): Promise<void> {
    await this.#machine.close();
  }

  /** Answers whether the device writes zeros faster than bytes. */
  async #stand(seat: ImageSeat, setup: Setup): Promise<boolean> {
    const { type, mountWords } = this.#fileSystem;
    const place = seat.place(type, [...mountWords(setup), ...this.#options]);
    const paced = setup.mount.atime === 'relatime';
    const { error, heard, writesZeroes = false } = await seat.performer.call({ call: 'stand', place, paced });
    if (error === undefined) return writesZeroes;
    throw new TargetUnavailable([`mounting ${type}: ${error}`, ...(heard ?? [])].join('\n'));
  }

  /** A fresh file system; the same setup gets the same. */
  #template(setup: Setup): DiskImage {
    if (setup.blockSize > BLOCK_BYTES_MAX)
      throw new TargetUnavailable(`the kernel mounts no blocks of ${setup.blockSize} bytes`);
    const { blockSize, sizeBytes, inodes, format } = setup;
    const key = JSON.stringify({ blockSize, sizeBytes, inodes, format });
    const known = this.#templates.get(key);
    if (known !== undefined) return known;
    const [oldest] = this.#templates.keys();
    if (this.#templates.size >= TEMPLATES_MAX && oldest !== undefined) this.#templates.delete(oldest);
    const made = this.#fileSystem.make(setup);
    this.#templates.set(key, made);
    return made;
  }
}
