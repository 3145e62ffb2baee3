import { readFileSync } from 'node:fs';
import { readCase } from '../case.ts';
import { isCrashCase, readCrashCase } from '../crash/crash-case.ts';
import { isRaceCase, readRaceCase } from '../race/race-case.ts';
import type { Ending, JobRequest } from '../supervise.ts';

/** The case of a file once more, with nothing planted. */
function unplantedJob(file: string, e2fsck: boolean, workspace: string): JobRequest {
  const text = readFileSync(file, 'utf8');
  const basics = { workspace, e2fsck };
  if (isRaceCase(text))
    return { ...basics, verb: 'race-case', case: { ...readRaceCase(text, file), faults: [] }, shrink: null };
  if (isCrashCase(text))
    return {
      ...basics,
      verb: 'crash-case',
      case: { ...readCrashCase(text, file), faults: [] },
      shrink: null,
    };
  const saved = readCase(text, file);
  return { ...basics, verb: 'replay', case: { ...saved, faults: [] }, targets: saved.targets };
}

/**
 * Whether a case that a hunt has kept fails with nothing planted as well: then it shows a mistake of ours, in the file system or in a
 * judge, and nothing of the bug that was hunted.
 */
export async function failsUnplanted(
  file: string,
  { e2fsck, workspace }: { readonly e2fsck: boolean; readonly workspace: string },
  perform: (job: JobRequest) => Promise<Ending>,
): Promise<boolean> {
  const ending = await perform(unplantedJob(file, e2fsck, workspace));
  if (ending.kind !== 'finished') return true;
  const { last } = ending;
  switch (last.type) {
    case 'replayed':
      return last.result.verdict === 'fails';
    case 'race judged':
      return last.race !== null;
    case 'crash judged':
      return last.crash !== null;
    default:
      throw new Error(`a case with nothing planted ended with ${last.type}`);
  }
}
