import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { writeAtomically } from './atomic-file.ts';
import { writeCase, type Case } from './case.ts';
import { writeImage } from './image-file.ts';
import type { RunRecord } from './run-record.ts';
import { writeStory, type Story } from './story.ts';
import type { Evidence } from './verdict.ts';

/** The folder that keeps all of one run: `twinpath-results/<time>-<verb>/`. */
export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes a new folder below `results`; two runs in the same second get different ones. */
  static create(results: string, verb: string, startedAt: Date): RunFolder {
    makeFolders(resolve(results));
    const time = startedAt.toISOString().slice(0, 19).replaceAll(':', '-');
    for (let attempt = 1; ; attempt++) {
      const path = join(results, `${time}-${verb}${attempt === 1 ? '' : `-${attempt}`}`);
      try {
        mkdirSync(path);
        return new RunFolder(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }

  /** The same folder for a thread that was told where it is. */
  static at(path: string): RunFolder {
    return new RunFolder(path);
  }

  /** What the run was asked to do, and in the end what came of it. */
  writeRun(run: RunRecord): void {
    writeAtomically(join(this.path, 'run.json'), `${JSON.stringify(run, null, 2)}\n`);
  }

  /** One more line of what the run did: it is with the kernel when this returns. */
  appendHistory(line: unknown): void {
    appendFileSync(join(this.path, 'history.jsonl'), `${JSON.stringify(line)}\n`);
  }

  caseFolder(id: string): CaseFolder {
    const path = join(this.path, 'cases', id);
    mkdirSync(path, { recursive: true });
    return new CaseFolder(path);
  }
}

/** As mkdirSync with `recursive`, which never returns where a file system answers ENOENT to mkdir (/proc). */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path));
  mkdirSync(path);
}

/** The folder of one failure: `cases/<id>/`. */
export class CaseFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get caseFile(): string {
    return join(this.path, 'case.json');
  }

  /** The failure as it was found. It is on disk before anybody tries to make it smaller. */
  saveOriginal(found: Case, evidence: Evidence, report: string): void {
    writeAtomically(join(this.path, 'original.json'), writeCase(found));
    this.save(found, evidence, report);
  }

  /** A smaller one takes its place, all at once. */
  replace(smaller: Case): void {
    writeAtomically(this.caseFile, writeCase(smaller));
  }

  /** What a report shows of it, seen while it ran once more. */
  saveStory(story: Story): void {
    writeStory(this.path, story);
  }

  /** The case with everything that shows it. `report` is for a person to read. */
  save(found: Case, { image, details }: Evidence, report: string): void {
    this.replace(found);
    writeAtomically(join(this.path, 'failure.txt'), report);
    if (found.failure?.kind === 'e2fsck') writeFileSync(join(this.path, 'e2fsck.txt'), details ?? '');
    if (image !== undefined) writeImage(image, join(this.path, 'image'));
  }
}
