import { closeSync, openSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDetached, type DetachedStart } from '../process.ts';

/** How the start of a server in the background went. */
export interface BackgroundStart extends DetachedStart {
  /** What it has said by then. */
  readonly said: string;
}

/** What a server says to whoever started it, once others can use the mount. */
export const MOUNTED_MESSAGE = 'mounted';

/**
 * Starts this program once more with other words, in a session of its own, and waits until it says that it has mounted, or ends.
 * What it says goes to the file `log`, or, once it has mounted, nowhere. It gets a SIGTERM when `stop` comes first.
 */
export async function startInBackground(
  words: readonly string[],
  log: string | null,
  stop: AbortSignal,
): Promise<BackgroundStart> {
  const output = openOutput(log);
  try {
    const [, main = ''] = process.argv;
    const start = await startDetached([...process.execArgv, main, ...words], output.file, stop);
    return { ...start, said: output.said() };
  } finally {
    closeSync(output.file);
  }
}

interface Output {
  readonly file: number;
  said(): string;
}

/** Without a log, a file without a name, which is there as long as somebody writes to it. */
function openOutput(log: string | null): Output {
  const path = log ?? join(tmpdir(), `twinpath-mount-${process.pid}.log`);
  const file = openSync(path, 'a+', 0o600);
  const reader = openSync(path, 'r');
  const before = statSync(path).size;
  if (log === null) unlinkSync(path);
  return {
    file,
    said() {
      const text = readFileSync(reader).subarray(before).toString();
      closeSync(reader);
      return text;
    },
  };
}

/** Tells whoever started this server in the background that he need not wait any longer. */
export function tellStarter(): void {
  process.send?.(MOUNTED_MESSAGE, () => {
    if (process.connected) process.disconnect();
  });
}
