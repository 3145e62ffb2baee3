import { Model } from './model.ts';
import type {
  Access,
  Handle,
  OpenFlags,
  Operation,
  Outcome,
  Path,
  Run,
  Stat,
  Timestamp,
} from './operation.ts';
import { ext4Options } from './options.ts';
import type { ModelOptions } from './options.ts';

/** The second in which mke2fs ran; the first operation runs in the next one. */
export const MADE: Timestamp = { seconds: 1_000_000, nanoseconds: 0 };

/** Runs operations on a model, each one second after the one before, and says what came out in few words. */
export class Session {
  readonly model: Model;
  private seconds = MADE.seconds;
  private opened = 0;

  constructor(options: Partial<ModelOptions> = {}) {
    this.model = new Model({ ...ext4Options(4096, MADE), ...options });
  }

  /** The time of the operation that ran last. */
  get now(): Timestamp {
    return { seconds: this.seconds, nanoseconds: 0 };
  }

  /** Lets time pass. */
  sleep(seconds: number): void {
    this.seconds += seconds;
  }

  step(operation: Operation, observed?: Outcome): Outcome {
    this.seconds++;
    return this.model.step(operation, this.now, observed);
  }

  /** The errno, or `ok`. */
  run(operation: Operation, observed?: Outcome): string {
    return summary(this.step(operation, observed));
  }

  /** Runs operations that must succeed. */
  prepare(...operations: Operation[]): void {
    for (const operation of operations) {
      const answer = this.run(operation);
      if (answer !== 'ok') throw new Error(`${JSON.stringify(operation)} answered ${answer}`);
    }
  }

  /** Somebody else calls from here on. */
  as(uid: number, gid = uid, groups: readonly number[] = []): void {
    this.prepare({ op: 'setcreds', uid, gid, groups });
  }

  /** Opens what must open. */
  open(path: Path, access: Access = 'read-write', flags: OpenFlags = {}): Handle {
    const as: Handle = `fd${this.opened++}`;
    this.prepare({ op: 'open', as, path, access, flags, mode: 0o644 });
    return as;
  }

  /** The errno of an open, or `ok`; closes what it opened. */
  tryOpen(path: Path, access: Access, flags: OpenFlags): string {
    const as: Handle = `fd${this.opened++}`;
    const answer = this.run({ op: 'open', as, path, access, flags, mode: 0o644 });
    if (answer === 'ok') this.prepare({ op: 'close', handle: as });
    return answer;
  }

  /** An empty file with mode 0644. */
  file(path: Path): void {
    this.prepare({ op: 'close', handle: this.open(path, 'write', { create: true, exclusive: true }) });
  }

  lstat(path: Path): Stat {
    return statIn(this.step({ op: 'lstat', path }));
  }

  fstat(handle: Handle): Stat {
    return statIn(this.step({ op: 'fstat', handle }));
  }

  /** The number that an operation counted. */
  count(operation: Operation, observed?: Outcome): number {
    const outcome = this.step(operation, observed);
    if (outcome.ok && outcome.value.kind === 'count') return outcome.value.count;
    throw new Error(`no count: ${summary(outcome)}`);
  }

  /** What listxattr shows of the path itself. */
  xattrs(path: Path): readonly string[] {
    const outcome = this.step({ op: 'listxattr', path, nofollow: true });
    if (outcome.ok && outcome.value.kind === 'names') return outcome.value.names;
    throw new Error(`no names: ${summary(outcome)}`);
  }

  pread(handle: Handle, offset: number, length: number): readonly Run[] {
    const outcome = this.step({ op: 'pread', handle, offset, length });
    if (outcome.ok && outcome.value.kind === 'runs') return outcome.value.runs;
    throw new Error(`no runs: ${summary(outcome)}`);
  }

  /** Which of the three times are those of the operation that ran last. */
  movedBy(path: Path, operation: Operation): string[] {
    const answer = this.run(operation);
    if (answer !== 'ok') throw new Error(`${JSON.stringify(operation)} answered ${answer}`);
    const { seconds } = this;
    const stat = this.lstat(path);
    return (['atime', 'mtime', 'ctime'] as const).filter((time) => stat[time].seconds === seconds);
  }
}

function summary(outcome: Outcome): string {
  return outcome.ok ? 'ok' : outcome.errno;
}

function statIn(outcome: Outcome): Stat {
  if (outcome.ok && outcome.value.kind === 'stat') return outcome.value.stat;
  throw new Error(`no stat: ${summary(outcome)}`);
}

export const NO_SPACE: Outcome = { ok: false, errno: 'ENOSPC' };

/** A target's answer that it moved `count` bytes. */
export function moved(count: number): Outcome {
  return { ok: true, value: { kind: 'count', count } };
}
