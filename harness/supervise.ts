import { Worker } from 'node:worker_threads';
import { Heartbeat, type Beat } from './heartbeat.ts';
import type { Job, Message, StopRequest } from './job.ts';

/** How a job ended. What came of it was said in messages. */
export type Ending =
  /** With the last word of the thread. */
  | { readonly kind: 'finished'; readonly last: LastMessage }
  /** The thread made no progress any more, and was ended. */
  | { readonly kind: 'hang'; readonly beat: Beat }
  /** The thread died: out of memory, or a mistake of ours. */
  | { readonly kind: 'died'; readonly message: string; readonly beat: Beat };

export interface Supervision {
  /** How long the thread may be silent, in milliseconds. */
  readonly hangMs: number;
  /** Asks the thread to finish soon. */
  readonly stop: AbortSignal;
  readonly onMessage: (message: Message) => void;
}

const MEMORY_MAX_MB = 4096;

/** Coroutines make much garbage that dies young: with room for it, a tenth less time goes to collecting it. */
const YOUNG_MEMORY_MB = 192;

const LOOKS_PER_HANG = 20;

/** Everything of a job but the memory of its heartbeat, which belongs to whoever watches. */
export type JobRequest = Job extends infer J ? (J extends Job ? Omit<J, 'heartbeat'> : never) : never;

/**
 * Runs a job in a thread of its own and watches it. The targets run in the same thread as the harness that drives them,
 * so nothing but another thread can tell, and end, a target that loops for ever.
 */
export async function supervise(request: JobRequest, supervision: Supervision): Promise<Ending> {
  const { hangMs, stop } = supervision;
  const heartbeat = new Heartbeat();
  const job = { ...request, heartbeat: heartbeat.memory } as Job;
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MAX_MB, maxYoungGenerationSizeMb: YOUNG_MEMORY_MB },
  });
  const tellStop = (): void => worker.postMessage({ type: 'stop' } satisfies StopRequest);
  stop.addEventListener('abort', tellStop);
  if (stop.aborted) tellStop();
  const hung: Beat[] = [];
  const watch = watchBeats(heartbeat, hangMs, (beat) => {
    hung.push(beat);
    void worker.terminate();
  });
  try {
    const { last, died } = await ended(worker, supervision.onMessage);
    const beat = heartbeat.last;
    if (last?.type === 'impossible') throw new JobImpossible(last.stack ?? last.message);
    if (last !== null) return { kind: 'finished', last };
    if (hung[0] !== undefined) return { kind: 'hang', beat: hung[0] };
    return { kind: 'died', message: died ?? 'it ended without a word', beat };
  } finally {
    clearInterval(watch);
    stop.removeEventListener('abort', tellStop);
  }
}

/** The message that a job ends with. */
export type LastMessage = Extract<Message, { type: 'checked' | 'replayed' | 'shrunk' }>;

/** A job that could not be done, by a mistake of ours. The message is the stack of the thread. */
export class JobImpossible extends Error {
  override readonly name = 'JobImpossible';
}

/** Waits for the end of the thread; answers its last word and what killed it, if either there was. */
function ended(
  worker: Worker,
  onMessage: (message: Message) => void,
): Promise<{ last: LastMessage | Extract<Message, { type: 'impossible' }> | null; died: string | null }> {
  return new Promise((resolve) => {
    let last: LastMessage | Extract<Message, { type: 'impossible' }> | null = null;
    let died: string | null = null;
    worker.on('message', (message: Message) => {
      onMessage(message);
      if (message.type !== 'progress' && message.type !== 'found' && message.type !== 'shrinking')
        last = message;
    });
    worker.on('error', (error: unknown) => {
      died = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    worker.on('exit', () => resolve({ last, died }));
  });
}

/** Calls `onHang` once, when the heart has not beaten for `hangMs`. */
function watchBeats(heartbeat: Heartbeat, hangMs: number, onHang: (beat: Beat) => void): NodeJS.Timeout {
  let last = heartbeat.last.count;
  let since = performance.now();
  const timer = setInterval(() => {
    const beat = heartbeat.last;
    const now = performance.now();
    if (beat.count !== last) {
      last = beat.count;
      since = now;
    } else if (now - since > hangMs) {
      clearInterval(timer);
      onHang(beat);
    }
  }, hangMs / LOOKS_PER_HANG);
  return timer;
}
