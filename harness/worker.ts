import { parentPort, workerData } from 'node:worker_threads';
import type { Job } from './job.ts';
import { performJob } from './perform-job.ts';

/** The thread that runs targets. The thread that started it watches the heartbeat and ends it when it hangs. */
if (parentPort !== null) {
  const port = parentPort;
  const stop = new AbortController();
  // The only message there is asks to stop (StopRequest).
  port.on('message', () => stop.abort());
  await performJob(workerData as Job, (message) => port.postMessage(message), stop.signal);
  // Nobody sends anything any more, and an open port would keep the thread.
  port.close();
}
