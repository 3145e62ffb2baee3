/** Where the command line writes, so that tests can look over its shoulder. */
export interface Terminal {
  /** Results: to standard output. */
  readonly out: (text: string) => void;
  /** A file's bytes: to standard output. Resolves when they are on their way, so that a slow reader slows us. */
  readonly bytes: (chunk: Uint8Array) => Promise<void>;
  /** Progress and complaints: to standard error. */
  readonly err: (text: string) => void;
  /** How progress is told: on one line that is overwritten, as a line now and then, or not at all. */
  readonly progress: 'overwritten' | 'lines' | 'none';
  /** Columns of the line that progress is shown on. */
  readonly columns: number;
}

export const PROCESS_TERMINAL: Terminal = {
  out: (text) => void process.stdout.write(text),
  bytes: (chunk) =>
    new Promise((resolve, reject) => {
      process.stdout.write(chunk, (error) => (error instanceof Error ? reject(error) : resolve()));
    }),
  err: (text) => void process.stderr.write(text),
  get progress() {
    return process.stderr.isTTY ? 'overwritten' : 'lines';
  },
  get columns() {
    return process.stderr.columns;
  },
};

/** A mistake of the user's: shown as it is, without a stack; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The exit codes of every verb. */
export const EXIT = { held: 0, found: 1, impossible: 2, interrupted: 130 } as const;
