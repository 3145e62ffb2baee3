/** What an older owner of memory, or of a device, left: no byte is zero, and each tells which one comes next. */

const STEP = 37;

const after = (byte: number): number => 1 + ((byte - 1 + STEP) % 255);

/** So many old bytes. */
export const oldBytes = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => 1 + ((index * STEP) % 255));

/** Fills memory with old bytes, quickly. */
export function leaveOldBytes(target: Uint8Array): void {
  // A multiple of the period, so that each copy goes on where the last one ended.
  const PERIOD = 255;
  target.set(oldBytes(Math.min(PERIOD, target.length)));
  for (let done = PERIOD; done < target.length; done *= 2)
    target.copyWithin(done, 0, Math.min(done, target.length - done));
}

/** So many bytes that follow each other are no chance. */
const RUN = 32;

/** Where old bytes begin that somebody shows; null where there are none. */
export function findOldBytes(bytes: Uint8Array): number | null {
  let run = 1;
  for (let index = 1; index < bytes.length; index++) {
    const before = bytes[index - 1] ?? 0;
    run = before !== 0 && bytes[index] === after(before) ? run + 1 : 1;
    if (run === RUN) return index + 1 - RUN;
  }
  return null;
}
