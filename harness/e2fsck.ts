import { randomBytes } from 'node:crypto';
import type { ImageFormat } from './target.ts';
import { findProgram, run, startShell, type Shell } from './process.ts';

/** What e2fsck said about an image. Without an exit status it was killed, timed out or never started. */
export interface E2fsckReport {
  readonly status: number | null;
  readonly output: string;
}

/**
 * Reads what an image is and its path, and answers each with the words of whoever checks such images (xfs_repair(8),
 * btrfs-check(8)) and a line that holds the token and its exit status.
 */
const SCRIPT = `PATH="$PATH:/usr/sbin:/sbin"
while IFS=' ' read -r format image; do
  case "$format" in
  xfs) xfs_repair -n -f "$image" 2>&1 </dev/null ;;
  btrfs) btrfs check --readonly "$image" 2>&1 </dev/null ;;
  repair) "$1" -fy -E no_optimize_extents "$image" 2>&1 </dev/null ;;
  *) "$1" -fn -E no_optimize_extents "$image" 2>&1 </dev/null ;;
  esac
  printf '\\n%s %s\\n' "$2" "$?"
done`;

const TIMEOUT_MS = 60_000;

interface Job {
  readonly image: string;
  /** What the image is, and is looked at as; `repair` makes whatever is wrong with an ext4 right. */
  readonly format: ImageFormat | 'repair';
  readonly resolve: (report: E2fsckReport, ms: number) => void;
}

/**
 * One shell, the image that it looks at, and those that come next: it has their names already, because this thread may be busy with a
 * sequence when an answer comes, and the shell would wait for it.
 */
class Lane {
  readonly #program: string;
  readonly #token = `twinpath-${randomBytes(8).toString('hex')}`;
  /** In the order of the shell, which looks at the first. */
  readonly #jobs: Job[] = [];
  #shell: Shell | null = null;
  #output = '';
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(program: string) {
    this.#program = program;
  }

  /** How many images wait for an answer. */
  get length(): number {
    return this.#jobs.length;
  }

  add(job: Job): void {
    this.#jobs.push(job);
    if (this.#jobs.length === 1) this.#watchFirst();
    this.#send(job);
  }

  async end(): Promise<void> {
    const shell = this.#shell;
    if (shell === null) return;
    shell.end();
    await shell.ended;
  }

  /** The first image gets no answer; the others another shell. */
  kill(): void {
    this.#shell?.kill();
  }

  #send({ format, image }: Job): void {
    this.#shell ??= this.#startShell();
    this.#shell.send(`${format} ${image}`);
  }

  #startShell(): Shell {
    const shell = startShell(SCRIPT, [this.#program, this.#token], (text) => this.#read(text));
    void shell.ended.then(() => {
      this.#shell = null;
      if (this.#jobs.length > 0) this.#answer({ status: null, output: this.#output });
      this.#output = '';
      for (const job of this.#jobs) this.#send(job);
    });
    return shell;
  }

  #watchFirst(): void {
    this.#startedAt = performance.now();
    this.#timer = setTimeout(() => this.kill(), TIMEOUT_MS);
  }

  #read(text: string): void {
    this.#output += text;
    const marker = `\n${this.#token} `;
    for (;;) {
      const end = this.#output.indexOf(marker);
      const lineEnd = end < 0 ? -1 : this.#output.indexOf('\n', end + marker.length);
      if (lineEnd < 0) return;
      const output = this.#output.slice(0, end);
      const status = Number(this.#output.slice(end + marker.length, lineEnd));
      this.#output = this.#output.slice(lineEnd + 1);
      this.#answer({ status: status > 128 ? null : status, output });
    }
  }

  /** Answers the first, and goes on with the next. */
  #answer(report: E2fsckReport): void {
    clearTimeout(this.#timer);
    const job = this.#jobs.shift();
    const ms = performance.now() - this.#startedAt;
    if (this.#jobs.length > 0) this.#watchFirst();
    job?.resolve(report, ms);
  }
}

/** The system's e2fsck, several at a time, and for images of other file systems what checks those. */
export class E2fsck {
  readonly version: string;
  readonly #lanes: readonly Lane[];
  #imagesChecked = 0;
  #imagesSpared = 0;
  #busyMs = 0;

  private constructor(program: string, version: string, lanes: number) {
    this.version = version;
    this.#lanes = Array.from({ length: lanes }, () => new Lane(program));
  }

  /** Null when the system has no e2fsck that starts. */
  static async find(lanes = 2): Promise<E2fsck | null> {
    const program = findProgram('e2fsck');
    if (program === null) return null;
    const { exitCode, stderr } = await run(program, ['-V'], { timeoutMs: 10_000 });
    const version = /e2fsck (\S+)/.exec(stderr)?.[1];
    return exitCode === 0 && version !== undefined ? new E2fsck(program, version, lanes) : null;
  }

  /** `e2fsck -fn` on the image in this file; the file must stay as it is until the answer comes. */
  check(image: string, format: ImageFormat = 'ext4'): Promise<E2fsckReport> {
    return this.#run(image, format);
  }

  /** `e2fsck -fy`: recovers the journal of the image in this file, and answers every question with yes. */
  repair(image: string): Promise<E2fsckReport> {
    return this.#run(image, 'repair');
  }

  #run(image: string, format: Job['format']): Promise<E2fsckReport> {
    return new Promise((resolve) => {
      const count = (report: E2fsckReport, ms: number): void => {
        this.#imagesChecked++;
        this.#busyMs += ms;
        resolve(report);
      };
      this.#shortest().add({ image, format, resolve: count });
    });
  }

  get imagesChecked(): number {
    return this.#imagesChecked;
  }

  /** Counts an image that it need not look at: it is another one, byte for byte. */
  spare(): void {
    this.#imagesSpared++;
  }

  get imagesSpared(): number {
    return this.#imagesSpared;
  }

  /** How long it worked, in milliseconds, added up over those that worked at the same time. */
  get busyMs(): number {
    return this.#busyMs;
  }

  /** Waits for what runs, then ends. */
  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.end()));
  }

  kill(): void {
    for (const lane of this.#lanes) lane.kill();
  }

  #shortest(): Lane {
    return this.#lanes.reduce((best, lane) => (lane.length < best.length ? lane : best));
  }
}
