import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The version in package.json, which lies above harness/, and two folders above dist/bundle/. */
export function packageVersion(): string {
  for (const up of ['../', '../../']) {
    try {
      const text = readFileSync(new URL(`${up}package.json`, import.meta.url), 'utf8');
      return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
    } catch {
      // The other place, then.
    }
  }
  return 'unknown';
}
