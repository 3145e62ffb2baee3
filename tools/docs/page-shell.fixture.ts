import { execa, execaSync } from 'execa';
import { once } from 'node:events';

/** Does the command exist, and end with 0? */
export const succeeds = (command: string, ...words: string[]): boolean =>
  !execaSync(command, words, { reject: false }).failed;

/** What a command said, on both of its streams, and how it ended. */
export interface Said {
  readonly exitCode?: number;
  readonly all: string;
}

/** Where the commands of a page are run, one after the other. */
export interface PageShell {
  run(line: string): Promise<Said>;
  /** Nothing that was mounted is left. */
  end(): Promise<void>;
}

/**
 * A shell in the folder. Some pages mount things: those stand in a mount namespace of their own, which lasts as long as somebody holds it
 * open, and nobody does once we are gone, however we go. Who may not make one may not mount either.
 */
export async function pageShell(folder: string): Promise<PageShell> {
  const here = { cwd: folder, all: true, reject: false } as const;
  if (!succeeds('unshare', '--mount', 'true'))
    return { run: (line) => execa('sh', ['-c', line], here), end: () => Promise.resolve() };
  // It ends when its input does.
  const holder = execa('unshare', ['--mount', 'sh', '-c', 'echo inside; exec cat']);
  await once(holder.stdout, 'data');
  const inside = [`--target=${holder.pid}`, '--mount', `--wdns=${folder}`, 'sh', '-c'];
  return {
    run: (line) => execa('nsenter', [...inside, line], here),
    end: async () => {
      holder.stdin.end();
      await holder;
    },
  };
}
