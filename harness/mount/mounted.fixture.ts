import { execa } from 'execa';
import { accessSync, constants, existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Real mounts for tests, in a mount and process namespace of their own: when the test ends, however it does, all is gone. */

/** What users run is built; `./run test` builds it first. */
export const MAIN = resolve(import.meta.dirname, '../../dist/bundle/main.js');

/** Why nothing can be mounted here, or null. */
export function whyNoMount(): string | null {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: npm run build`);
  if (process.getuid?.() !== 0) return 'no root';
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
    return null;
  } catch {
    return 'no /dev/fuse';
  }
}

/**
 * Functions for scripts: `serve NAME OPTIONS` mounts the image NAME.img on the folder NAME and waits until it is there (the
 * server's number is in $server), `leave NAME` unmounts it and says how the server ended.
 */
const FUNCTIONS = `
set -eu
serve() {
  mkdir -p "$1" 2>/dev/null || true
  node "$MAIN" mount "$1.img" "$1" -o "$2" >>log 2>&1 &
  server=$!
  until grep -q "$(pwd)/$1 .*fuse.twinpath" /proc/self/mountinfo && stat "$1/lost+found" >/dev/null 2>&1; do
    kill -0 $server 2>/dev/null || { cat log; exit 9; }
    sleep 0.05
  done
}
ended() { wait $server && echo "server 0" || echo "server $?"; }
twinpath() { timeout -k 1 100 node "$MAIN" "$@"; }
leave() { umount "$1"; ended; }
`;

/** Runs a shell script in the folder; answers what it said. Throws what it said when it fails. */
export async function inNamespace(folder: string, script: string): Promise<string> {
  const words = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'];
  const result = await execa('unshare', [...words, 'sh', '-c', FUNCTIONS + script], {
    cwd: folder,
    env: { MAIN, LC_ALL: 'C' },
    all: true,
    reject: false,
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
  if (result.exitCode === 0) return result.all;
  throw new Error(`the script ended with ${result.exitCode ?? result.signal ?? 'nothing'}:\n${result.all}`);
}
