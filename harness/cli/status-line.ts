import type { Terminal } from './terminal.ts';

/** How often progress is told where lines cannot be overwritten. */
const PLAIN_EVERY_MS = 10_000;

const ERASE_LINE = '\r\u001B[2K';

/** One line that says how far things are: overwritten in a terminal, a new one now and then elsewhere. */
export class StatusLine {
  readonly #terminal: Terminal;
  #shown = false;
  #plainAt = performance.now();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** `now` is for what nobody may miss: it is told at once everywhere but where nothing is. */
  show(text: string, now = false): void {
    if (this.#terminal.progress === 'none') return;
    if (this.#terminal.progress === 'overwritten') {
      const columns = this.#terminal.columns > 0 ? this.#terminal.columns : 80;
      this.#terminal.err(ERASE_LINE + text.slice(0, columns - 1));
      this.#shown = true;
    } else if (now || performance.now() - this.#plainAt >= PLAIN_EVERY_MS) {
      this.#plainAt = performance.now();
      this.#terminal.err(`${text}\n`);
    }
  }

  /** Takes the line away, so that something else can be written. */
  clear(): void {
    if (this.#shown) this.#terminal.err(ERASE_LINE);
    this.#shown = false;
  }
}
