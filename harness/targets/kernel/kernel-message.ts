/** What makes a line of the kernel's log worth showing first, the most telling first. */
const TELLING = [
  /WARNING:|\bBUG\b|KASAN|KCSAN|UBSAN|Oops|panic/,
  /lockdep|circular locking|blocked for more/,
  /error/i,
];

/** Something that the kernel itself said was wrong. The message is its most telling line, the stack all of it. */
export class KernelMessage extends Error {
  override readonly name = 'KernelMessage';

  constructor(lines: readonly string[]) {
    super(headline(lines));
    this.stack = lines.join('\n');
  }
}

function headline(lines: readonly string[]): string {
  for (const pattern of TELLING) {
    const found = lines.find((line) => pattern.test(line));
    if (found !== undefined) return found;
  }
  return lines[0] ?? 'the kernel said something';
}
