import { Worker } from 'node:worker_threads';
import { Heartbeat, type Beat } from './heartbeat.ts';
import { LAST_MESSAGES, type Job, type LastMessage, type Message, type StopRequest } from './job.ts';
import { TargetUnavailable } from './target.ts';

/** How a job ended. What came of it was said in messages. */
export type Ending =
  /** With the last word of the thread. */
  | { readonly kind: 'finished'; readonly last: Result }
  /** The thread made no progress any more, and was ended. */
  | { readonly kind: 'hang'; readonly beat: Beat }
  /** The thread died, or was ended: out of memory, or a mistake of ours. */
  | { readonly kind: 'died'; readonly message: string; readonly beat: Beat };

export interface Supervision {
  /** How long the thread may be silent, in milliseconds. */
  readonly hangMs: number;
  /** How much memory the process may have, in bytes; no bound when absent. */
  readonly memoryMaxBytes?: number;
  /** Asks the thread to finish soon. */
  readonly stop: AbortSignal;
  readonly onMessage: (message: Message) => void;
}

const MEMORY_MAX_MB = 4096;

/** Coroutines make much garbage that dies young: with room for it, a tenth less time goes to collecting it. */
const YOUNG_MEMORY_MB = 192;

const LOOKS_PER_HANG = 20;

/** How long a thread may take to start, at least: on a busy machine loading the modules takes seconds, and is no hang. */
const START_MS = 60_000;

/** Everything of a job but the memory of its heartbeat, which belongs to whoever watches. */
export type JobRequest = Job extends infer J ? (J extends Job ? Omit<J, 'heartbeat'> : never) : never;

/**
 * Runs a job in a thread of its own and watches it. The targets run in the same thread as the harness that drives them,
 * so nothing but another thread can tell, and end, a target that loops for ever.
 */
export async function supervise(request: JobRequest, supervision: Supervision): Promise<Ending> {
  const { hangMs, stop, memoryMaxBytes = Infinity } = supervision;
  const heartbeat = new Heartbeat();
  const job = { ...request, heartbeat: heartbeat.memory } as Job;
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MAX_MB, maxYoungGenerationSizeMb: YOUNG_MEMORY_MB },
  });
  const tellStop = (): void => worker.postMessage({ type: 'stop' } satisfies StopRequest);
  stop.addEventListener('abort', tellStop);
  if (stop.aborted) tellStop();
  const stopped: Ending[] = [];
  const watch = watchBeats(heartbeat, { hangMs, memoryMaxBytes }, (why, beat) => {
    const message = `it took more than ${memoryMaxBytes} bytes of memory`;
    stopped.push(why === 'hang' ? { kind: 'hang', beat } : { kind: 'died', message, beat });
    void worker.terminate();
  });
  try {
    const { last, died } = await ended(worker, supervision.onMessage);
    const beat = heartbeat.last;
    if (last?.type === 'impossible') throw whyImpossible(last);
    if (last !== null) return { kind: 'finished', last };
    if (stopped[0] !== undefined) return stopped[0];
    return { kind: 'died', message: died ?? 'it ended without a word', beat };
  } finally {
    clearInterval(watch);
    stop.removeEventListener('abort', tellStop);
  }
}

/** What came of a job that could be done. */
type Result = Exclude<LastMessage, { type: 'impossible' }>;

export const isLast = (message: Message): message is LastMessage =>
  LAST_MESSAGES.some((type) => type === message.type);

/** A job that could not be done, by a mistake of ours. The message is the stack of the thread. */
export class JobImpossible extends Error {
  override readonly name = 'JobImpossible';
}

/** What is thrown for a job that could not be done: nobody made a mistake where a target cannot be had. */
export const whyImpossible = ({ mistake, words }: Extract<LastMessage, { type: 'impossible' }>): Error =>
  mistake ? new JobImpossible(words) : new TargetUnavailable(words);

/** Waits for the end of the thread; answers its last word and what killed it, if either there was. */
function ended(
  worker: Worker,
  onMessage: (message: Message) => void,
): Promise<{ last: LastMessage | null; died: string | null }> {
  return new Promise((resolve) => {
    let last: LastMessage | null = null;
    let died: string | null = null;
    worker.on('message', (message: Message) => {
      onMessage(message);
      if (isLast(message)) last = message;
    });
    worker.on('error', (error: unknown) => {
      died = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    worker.on('exit', () => resolve({ last, died }));
  });
}

/** Calls `onEnd` once: when the heart has not beaten for `hangMs`, or there is too little memory left for it. */
function watchBeats(
  heartbeat: Heartbeat,
  { hangMs, memoryMaxBytes }: { readonly hangMs: number; readonly memoryMaxBytes: number },
  onEnd: (why: 'hang' | 'memory', beat: Beat) => void,
): NodeJS.Timeout {
  let last = heartbeat.last.count;
  let since = performance.now();
  const timer = setInterval(() => {
    const beat = heartbeat.last;
    const now = performance.now();
    const overfull = memoryMaxBytes < Infinity && process.memoryUsage.rss() > memoryMaxBytes;
    const allowed = beat.count === 0 ? Math.max(START_MS, hangMs) : hangMs;
    if (overfull || (beat.count === last && now - since > allowed)) {
      clearInterval(timer);
      onEnd(overfull ? 'memory' : 'hang', beat);
    } else if (beat.count !== last) {
      last = beat.count;
      since = now;
    }
  }, hangMs / LOOKS_PER_HANG);
  return timer;
}
