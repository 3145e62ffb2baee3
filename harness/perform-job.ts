import { Heartbeat } from './heartbeat.ts';
import type { Job, LastMessage, Message } from './job.ts';
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
import {
  isLast,
  JobImpossible,
  whyImpossible,
  type Ending,
  type JobRequest,
  type Supervision,
} from './supervise.ts';
import { TargetUnavailable } from './target.ts';

/** Does a job in this thread. Its last message says how it ended. */
export async function performJob(
  job: Job,
  say: (message: Message) => void,
  signal: AbortSignal,
): Promise<void> {
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
    if (error instanceof TargetUnavailable) say({ type: 'impossible', mistake: false, words: error.message });
    else say({ type: 'impossible', mistake: true, words: stackOf(error) });
  } finally {
    await bench.close();
  }
}

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

/** The same as `supervise`, without a thread of its own: nobody can tell, or end, what hangs. */
export async function performHere(
  request: JobRequest,
  { stop, onMessage }: Pick<Supervision, 'stop' | 'onMessage'>,
): Promise<Ending> {
  const last: LastMessage[] = [];
  const hear = (message: Message): void => {
    onMessage(message);
    if (isLast(message)) last.push(message);
  };
  await performJob({ ...request, heartbeat: new Heartbeat().memory }, hear, stop);
  const [end] = last;
  if (end === undefined) throw new JobImpossible('the job ended without a word');
  if (end.type === 'impossible') throw whyImpossible(end);
  return { kind: 'finished', last: end };
}
