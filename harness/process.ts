import { execa, execaSync } from 'execa';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** How a program ended and what it said. A program that could not be started has no exit code and no signal. */
export interface ProcessResult {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; never throws for how it ended. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly timeoutMs: number; readonly input?: string },
): Promise<ProcessResult> {
  const { timeoutMs, input } = options;
  const result = await execa(command, args, {
    reject: false,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    env: PLAIN_WORDS,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
  });
  return {
    exitCode: result.exitCode ?? null,
    signal: result.signal ?? null,
    stdout: result.stdout,
    stderr: result.stderr,
  };
}

/** The same for a short program where nothing may happen in between; `env` adds to the environment. */
export function runSync(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ProcessResult {
  const { exitCode, signal, stdout, stderr } = execaSync(command, args, {
    reject: false,
    stdin: 'ignore',
    env: { ...PLAIN_WORDS, ...env },
  });
  return { exitCode: exitCode ?? null, signal: signal ?? null, stdout, stderr };
}

/** What a program writes that is given no input, and how it ended, in words. */
export function answerWithoutInput(
  command: string,
  args: readonly string[],
  timeoutMs: number,
): { readonly stdout: Buffer; readonly ended: string } {
  const { stdout, stderr, exitCode, signal, timedOut, originalMessage } = execaSync(command, args, {
    reject: false,
    stdin: 'ignore',
    encoding: 'buffer',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    env: PLAIN_WORDS,
  });
  const how = timedOut ? `${timeoutMs / 1000} s without an end` : (signal ?? exitCode ?? originalMessage);
  return { stdout: bytesOf(stdout), ended: `ended with ${how}: ${bytesOf(stderr).toString().trim()}` };
}

/** There is none of a program that could not be started. */
const bytesOf = (output: Uint8Array | undefined): Buffer => Buffer.from(output ?? []);

/** How the start of a program that goes on by itself went: its number once it has sent a message, or its code when it has ended. */
export interface DetachedStart {
  readonly pid: number | null;
  readonly code: number;
}

/**
 * Starts a program of Node.js in a session of its own, with its output in an open file, and waits until it sends a message or
 * ends. Afterwards nothing ties it to this process. It gets a SIGTERM when `stop` comes first.
 */
export async function startDetached(
  words: readonly string[],
  output: number,
  stop: AbortSignal,
): Promise<DetachedStart> {
  // Any open file will do; the types of execa know of the first few numbers only.
  const file = output as 3;
  const child = execa(process.execPath, words, {
    // Nothing that it stands on keeps anything else from being unmounted.
    cwd: '/',
    detached: true,
    cleanup: false,
    reject: false,
    ipc: true,
    buffer: false,
    stdin: 'ignore',
    stdout: file,
    stderr: file,
  });
  const end = (): void => void child.kill('SIGTERM');
  stop.addEventListener('abort', end);
  const started = new Promise<DetachedStart>((resolve) => {
    child.once('message', () => {
      resolve({ pid: child.pid ?? null, code: 0 });
    });
  });
  const start = await Promise.race([
    started,
    child.then(({ exitCode }) => ({ pid: null, code: exitCode ?? 1 })),
  ]);
  stop.removeEventListener('abort', end);
  if (child.connected) child.disconnect();
  child.unref();
  return start;
}

/** Messages that do not depend on the user's language. */
const PLAIN_WORDS = { LC_ALL: 'C', LANG: 'C' };

/** A shell that carries out one line after the other, so that many short programs cost no start of Node's own. */
export interface Shell {
  /** Gives the shell's script a line to read. */
  send(line: string): void;
  /** Kills the shell and all that it started. */
  kill(): void;
  /** No more lines come; the shell ends when it has worked off the last. */
  end(): void;
  /** Resolves when the shell has ended, however it did. */
  readonly ended: Promise<void>;
}

/**
 * Starts `sh -c script` in a process group of its own: a Ctrl-C in the terminal does not reach it, and it ends by
 * itself when this process dies, for its standard input ends then.
 */
export function startShell(script: string, args: readonly string[], onOutput: (text: string) => void): Shell {
  const shell = execa('sh', ['-c', script, 'sh', ...args], {
    reject: false,
    detached: true,
    buffer: false,
    env: PLAIN_WORDS,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'ignore',
  });
  shell.stdout.setEncoding('utf8');
  shell.stdout.on('data', onOutput);
  // A shell that died breaks its pipe; its end is what is looked at.
  shell.stdin.on('error', () => undefined);
  return {
    send: (line) => void shell.stdin.write(`${line}\n`),
    kill: () => killGroup(shell.pid),
    end: () => void shell.stdin.end(),
    ended: shell.then(
      () => undefined,
      () => undefined,
    ),
  };
}

/** A program that is spoken with in bytes. */
export interface Partner {
  send(bytes: Uint8Array): void;
  /** Kills it and all that it started. */
  kill(): void;
  /** Nothing more comes; the program ends by itself. */
  end(): void;
  /** Resolves with how it ended, in words, with what it said on standard error. */
  readonly ended: Promise<string>;
}

/** Starts a program in a process group of its own, as startShell does. */
export function startPartner(
  command: string,
  args: readonly string[],
  onBytes: (bytes: Buffer) => void,
): Partner {
  const partner = execa(command, args, {
    reject: false,
    detached: true,
    buffer: { stdout: false },
    env: { ...PLAIN_WORDS, PYTHONUTF8: '1' },
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  partner.stdout.on('data', onBytes);
  partner.stdin.on('error', () => undefined);
  return {
    send: (bytes) => void partner.stdin.write(bytes),
    kill: () => killGroup(partner.pid),
    end: () => void partner.stdin.end(),
    ended: partner.then(
      ({ exitCode, signal, originalMessage, stderr }) =>
        `ended with ${signal ?? exitCode ?? originalMessage}: ${stderr.trim()}`,
    ),
  };
}

/** How many lines of a guest's console are worth keeping. */
const CONSOLE_LINES_MAX = 200;

/**
 * Starts a kernel as a process, in a group of its own. It is spoken with over descriptors 3 and 4, for what it says on its
 * console, on standard error, it says to nobody in particular; the last lines of that are how it ended.
 */
export function startGuest(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  onBytes: (bytes: Buffer) => void,
): Partner {
  const guest = execa(command, args, {
    reject: false,
    detached: true,
    buffer: false,
    env: { ...PLAIN_WORDS, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
  });
  const [, , , input, output] = guest.stdio as unknown as [null, null, null, Writable, Readable];
  let console = '';
  guest.stderr.setEncoding('utf8').on('data', (text: string) => {
    console = lastLines(console + text, CONSOLE_LINES_MAX);
  });
  output.on('data', onBytes);
  for (const stream of [input, output]) stream.on('error', () => undefined);
  guest.catch(() => undefined);
  return {
    send: (bytes) => void input.write(bytes),
    kill: () => killGroup(guest.pid),
    end: () => void input.end(),
    ended: new Promise((resolve) => {
      const end = (how: string): void => {
        // Its helpers may still be there, and hold the pipes open.
        killGroup(guest.pid);
        setTimeout(() => resolve(`ended with ${how}:\n${console.trim()}`), LAST_WORDS_MS);
      };
      guest.once('exit', (exitCode, signal) => end(signal ?? String(exitCode)));
      guest.once('error', (error) => end(error.message));
    }),
  };
}

/** How long the last words of a process that has ended may take through its pipe. */
const LAST_WORDS_MS = 20;

const lastLines = (text: string, count: number): string => text.split('\n').slice(-count).join('\n');

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** Where a system program lies; those of an administrator are found even when the PATH does not name their folder. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    if (folder !== '' && existsSync(path)) return path;
  }
  return null;
}

/**
 * When a process started, in the kernel's ticks since boot; null when there is none with this number. Together with the
 * number it names a process for good, for numbers are used again.
 */
export function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in parentheses that may hold anything; the start is the 20th field behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
