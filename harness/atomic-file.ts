import { renameSync, writeFileSync } from 'node:fs';

/** Writes a file so that whoever reads it, even after this process was killed, finds the old or the new contents. */
export function writeAtomically(path: string, contents: string): void {
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}
