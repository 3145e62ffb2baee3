import { parentPort, workerData } from 'node:worker_threads';
import { runBench } from './jobs/bench.ts';
import { runCheck } from './jobs/check.ts';
import { runCrash } from './jobs/crash.ts';
import { runCrashCase } from './jobs/crash-case.ts';
import { runCorrupt } from './jobs/corrupt.ts';
import { runMeasure } from './jobs/measure.ts';
import { runRace } from './jobs/race.ts';
import { runRaceCase } from './jobs/race-case.ts';
import { runReplay } from './jobs/replay.ts';
import { runShrink } from './jobs/shrink.ts';
import { Workbench } from './jobs/workbench.ts';
import type { Job, Message } from './job.ts';

/** The thread that runs targets. The thread that started it watches the heartbeat and ends it when it hangs. */
async function main(job: Job, say: (message: Message) => void, signal: AbortSignal): Promise<void> {
  const bench = await Workbench.open(job);
  try {
    if (job.verb === 'check') await runCheck(job, bench, say, signal);
    else if (job.verb === 'replay') await runReplay(job, bench, say);
    else if (job.verb === 'corrupt') await runCorrupt(job, bench, say, signal);
    else if (job.verb === 'bench') await runBench(job, bench, say, signal);
    else if (job.verb === 'measure') await runMeasure(job, bench, say, signal);
    else if (job.verb === 'race') await runRace(job, bench, say, signal);
    else if (job.verb === 'race-case') await runRaceCase(job, bench, say);
    else if (job.verb === 'crash') await runCrash(job, bench, say, signal);
    else if (job.verb === 'crash-case') await runCrashCase(job, bench, say);
    else await runShrink(job, bench, say, signal);
  } catch (error) {
    const known = error instanceof Error;
    say({
      type: 'impossible',
      message: known ? error.message : String(error),
      stack: known ? (error.stack ?? null) : null,
    });
  } finally {
    await bench.close();
  }
}

if (parentPort !== null) {
  const port = parentPort;
  const stop = new AbortController();
  // The only message there is asks to stop (StopRequest).
  port.on('message', () => stop.abort());
  await main(workerData as Job, (message) => port.postMessage(message), stop.signal);
  // Nobody sends anything any more, and an open port would keep the thread.
  port.close();
}
