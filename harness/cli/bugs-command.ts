import type { Command } from 'commander';
import { join } from 'node:path';
import { writeAtomically } from '../atomic-file.ts';
import type { Bug, PlantedBug } from '../bugs/bug.ts';
import { BUGS, isPlanted } from '../bugs/catalogue/catalogue.ts';
import { BUGS_FILE, bugsText, type BugsMeasured, type Hunted, type Score } from '../bugs/bugs-record.ts';
import { hunt, type Quarry } from '../bugs/hunt.ts';
import { isFound, scoreOf } from '../bugs/score.ts';
import { summaryOf } from '../bugs/summary.ts';
import { RunFolder } from '../run-folder.ts';
import type { RunRecord } from '../run-record.ts';
import { openWorkspace } from '../workspace.ts';
import { bugsList } from './bugs-list.ts';
import { bugsTable } from './bugs-table.ts';
import { wantsE2fsck } from './case-file.ts';
import { interruptible, STOPPING } from './interrupt.ts';
import { positiveNumber, wholeNumber } from './numbers.ts';
import { beginRun, concludeRun } from './run-end.ts';
import { said, withOutputOptions } from './output-options.ts';
import { StatusLine } from './status-line.ts';
import { timeLeft } from './time-left.ts';
import { EXIT, UsageError, type Terminal } from './terminal.ts';
import { packageVersion } from '../version.ts';

interface BugsOptions {
  budget: number;
  seeds: number;
  seed: number;
  shrinkSeconds: number;
  control: boolean;
  unplanted: boolean;
  tries?: number;
  results: string;
  json: boolean;
  quiet: boolean;
  list: boolean;
}

/** A hunt for which nothing was planted. */
type Unplanted = BugsMeasured['unplanted'][number];

const DEFAULT_BUDGET_SECONDS = 60;
const DEFAULT_SEEDS = 3;
const DEFAULT_SHRINK_SECONDS = 20;

/** What run.json calls the exit codes. */
const OUTCOMES: Readonly<Record<number, NonNullable<RunRecord['outcome']>>> = {
  [EXIT.held]: 'held',
  [EXIT.found]: 'found',
  [EXIT.impossible]: 'nothing',
  [EXIT.interrupted]: 'interrupted',
};

const HELP = `
Each bug is planted by itself and hunted with the ordinary generator of the verb that can see it (check, race, crash), once for
each seed, until a judge sees something or the budget is used up. Nothing is tuned to a bug: file systems are drawn as ever. What is
not found, or stays large, tells about the harness. What fails with nothing planted as well counts as nothing found, and is named.

Columns: how many seeds found it; which verb, and which of its judges; operations tried (schedules with race, states with crash) and
seconds of processor time until then, the median and the 90th percentile; operations of the largest shrunk case (! more than 1.5 times
what is known and one more); of the smallest sequence that is known; how many seeds found it with a generator like fsx, which has one
file and compares contents and sizes only, after how many operations and how long; whether fsx --replay-ops goes wrong with the smallest
case, or it can be typed into xfs_io.

Examples:
  twinpath bugs --list               what is planted, what it takes and how to show it; what cannot exist here, and why
  twinpath bugs --list B36 race      only these
  twinpath bugs                      every bug, three seeds
  twinpath bugs B03 B48 --seeds 10 --budget 20
  twinpath bugs race                 those that need a race
  twinpath bugs crash                those that need a power cut

Exit code: 0 when every bug was found with every seed and nothing without one, 1 when not, 2 when it could not run, 130 when
interrupted.`;

/** `twinpath bugs`: how good the harness is, as numbers. */
export function addBugs(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  const command = program
    .command('bugs')
    .summary('bugs planted on purpose: which are found, how soon, and how small they get')
    .description(
      'Plants bugs of Linux’ history, one at a time, and measures how well the harness finds them.',
    )
    .argument(
      '[ids...]',
      'ids or names of bugs, or check, race or crash for all that those see; all when absent',
    )
    .option(
      '--budget <seconds>',
      'processor time for each bug and seed',
      positiveNumber(1e6),
      DEFAULT_BUDGET_SECONDS,
    )
    .option(
      '--tries <n>',
      'operations (schedules of races, states after power cuts) for each bug and seed, at most',
      wholeNumber(1, 1e9),
    )
    .option('--seeds <n>', 'hunts for each bug', wholeNumber(1, 1000), DEFAULT_SEEDS)
    .option('--seed <n>', 'the first seed; the others follow it', wholeNumber(0, 2 ** 31 - 1), 1)
    .option(
      '--shrink-seconds <n>',
      'processor time for making each failure smaller',
      positiveNumber(1e6),
      DEFAULT_SHRINK_SECONDS,
    )
    .option('--no-control', 'without the generator like fsx')
    .option('--no-unplanted', 'without the hunts for which nothing is planted')
    .option('--results <folder>', 'where runs are kept', 'twinpath-results')
    .option('--list', 'only say what there is', false);
  withOutputOptions(command, 'the scores')
    .addHelpText('after', HELP)
    .action(async (ids: string[], options: BugsOptions) =>
      exit(
        options.list
          ? list(ids, options, terminal)
          : await said(options, terminal, (teller) => bugs(ids, options, teller)),
      ),
    );
}

function list(ids: readonly string[], { json }: BugsOptions, terminal: Terminal): number {
  const chosen = entriesNamed(ids);
  terminal.out(`${json ? JSON.stringify(chosen, null, 2) : bugsList(chosen)}\n`);
  return EXIT.held;
}

async function bugs(ids: readonly string[], options: BugsOptions, terminal: Terminal): Promise<number> {
  const chosen = bugsNamed(ids);
  const e2fsck = await wantsE2fsck(true);
  const workspace = await openWorkspace();
  try {
    const folder = RunFolder.create(options.results, 'bugs', new Date());
    return await new BugsRun(terminal, options, folder, workspace.path, e2fsck).go(chosen);
  } finally {
    await workspace.remove();
  }
}

/** Entries of the catalogue, each once; all without words. Throws UsageError for what nothing is called. */
function entriesNamed(words: readonly string[]): readonly Bug[] {
  if (words.length === 0) return BUGS;
  const named = words.flatMap((word) => {
    const found = BUGS.filter(
      (bug) => bug.id === word || (isPlanted(bug) && [bug.fault, bug.hunter].includes(word)),
    );
    if (found.length > 0) return found;
    throw new UsageError(`there is no bug ${word}; twinpath bugs --list says what there is`);
  });
  return [...new Set(named)];
}

/** Bugs to hunt. Throws UsageError for what nothing is called, or cannot exist. */
export function bugsNamed(words: readonly string[]): readonly PlantedBug[] {
  const entries = entriesNamed(words);
  for (const bug of entries) {
    if (bug.kind === 'impossible' && words.includes(bug.id)) {
      throw new UsageError(`${bug.id} cannot exist here: ${bug.why}`);
    }
  }
  return entries.filter(isPlanted);
}

/** One `twinpath bugs` as a person sees it. */
class BugsRun {
  readonly #terminal: Terminal;
  readonly #options: BugsOptions;
  readonly #folder: RunFolder;
  readonly #workspace: string;
  readonly #e2fsck: boolean;
  readonly #status: StatusLine;
  #interrupted = false;
  #startedAt = 0;
  /** Hunts that are over, and that there will be. */
  #done = 0;
  #all = 0;

  constructor(
    terminal: Terminal,
    options: BugsOptions,
    folder: RunFolder,
    workspace: string,
    e2fsck: boolean,
  ) {
    this.#terminal = terminal;
    this.#options = options;
    this.#folder = folder;
    this.#workspace = workspace;
    this.#e2fsck = e2fsck;
    this.#status = new StatusLine(terminal);
  }

  async go(chosen: readonly PlantedBug[]): Promise<number> {
    this.#startedAt = performance.now();
    this.#all = this.#huntsOf(chosen);
    const run = beginRun(this.#folder, {
      verb: 'bugs',
      seed: this.#options.seed,
      targets: [],
      faults: chosen.map(({ fault }) => fault),
      again: null,
      options: this.#options,
      e2fsck: null,
    });
    const scores: Score[] = [];
    const unplanted: Unplanted[] = [];
    const measured = (): BugsMeasured => ({
      scores,
      unplanted,
      summary: [...summaryOf(scores), ...this.#unplantedText(unplanted)],
      impossible: BUGS.flatMap((bug) =>
        bug.kind === 'impossible'
          ? [{ id: bug.id, source: bug.source, mechanism: bug.mechanism, why: bug.why }]
          : [],
      ),
    });
    const save = (): void => this.#keep(measured());
    await interruptible(
      async (stop) => {
        for (const hunter of this.#options.unplanted ? new Set(chosen.map((bug) => bug.hunter)) : []) {
          const hunts = await this.#hunts('none', { fault: null, hunter }, stop);
          unplanted.push(...hunts.map((one) => ({ ...one, hunter })));
          save();
        }
        for (const bug of chosen) {
          if (stop.aborted) break;
          const score = await this.#score(bug, stop);
          // Half a hunt says nothing.
          if (!this.#interrupted) scores.push(score);
          save();
        }
      },
      () => {
        this.#interrupted = true;
        this.#status.show(STOPPING, true);
      },
    );
    this.#status.clear();
    const exitCode = this.#exitCode(scores, unplanted);
    save();
    await concludeRun({ folder: this.#folder, terminal: this.#terminal, json: this.#options.json }, run, {
      outcome: OUTCOMES[exitCode] ?? 'unknown',
      exitCode,
      elapsedMs: performance.now() - this.#startedAt,
      counts: { bugs: scores.length, found: scores.filter(({ hunts }) => hunts.every(isFound)).length },
    });
    this.#terminal.out(this.#options.json ? bugsText(measured()) : this.#text(scores, measured().summary));
    return exitCode;
  }

  /** The scores as data, anew after each bug. */
  #keep(measured: BugsMeasured): void {
    writeAtomically(join(this.#folder.path, BUGS_FILE), bugsText(measured));
  }

  async #score(bug: PlantedBug, stop: AbortSignal): Promise<Score> {
    const { id, fault, hunter } = bug;
    const hunts = await this.#hunts(id, { fault, hunter }, stop);
    const control = this.#options.control
      ? await this.#hunts(`${id}-control`, { fault, hunter: 'control' }, stop)
      : [];
    return scoreOf(bug, hunts, control);
  }

  async #hunts(name: string, quarry: Quarry, stop: AbortSignal): Promise<Hunted[]> {
    const { seeds, seed: first, budget, tries, shrinkSeconds } = this.#options;
    const hunts: Hunted[] = [];
    for (let seed = first; seed < first + seeds && !stop.aborted; seed++) {
      this.#status.show(`${name} ${quarry.fault ?? 'nothing planted'}, seed ${seed}${this.#timeLeft()}`);
      const hunted = await hunt(quarry, seed, {
        folder: join(this.#folder.path, `${name}-${quarry.hunter}-${seed}`),
        workspace: this.#workspace,
        e2fsck: this.#e2fsck,
        cpuMs: budget * 1000,
        triesMax: tries ?? Infinity,
        shrinkMs: shrinkSeconds * 1000,
        stop,
        version: packageVersion(),
      });
      hunts.push(hunted);
      this.#done++;
    }
    return hunts;
  }

  /** Hunts that are to come, for each bug with each seed, and those with nothing planted. */
  #huntsOf(chosen: readonly PlantedBug[]): number {
    const { seeds, unplanted, control } = this.#options;
    const hunters = unplanted ? new Set(chosen.map(({ hunter }) => hunter)).size : 0;
    return seeds * (hunters + chosen.length * (control ? 2 : 1));
  }

  #timeLeft(): string {
    const elapsedMs = performance.now() - this.#startedAt;
    return timeLeft({ elapsedMs, durationMs: null, done: this.#done, doneMax: this.#all });
  }

  #exitCode(scores: readonly Score[], unplanted: readonly Hunted[]): number {
    if (unplanted.some(isFound)) return EXIT.found;
    if (this.#interrupted) return EXIT.interrupted;
    if (scores.length === 0) return EXIT.impossible;
    return scores.every(({ hunts }) => hunts.every(isFound)) ? EXIT.held : EXIT.found;
  }

  #text(scores: readonly Score[], summary: readonly string[]): string {
    return [...bugsTable(scores), '', ...summary, `results   ${this.#folder.path}`, ''].join('\n');
  }

  #unplantedText(unplanted: readonly Unplanted[]): string[] {
    const wrong = unplanted.filter(isFound);
    if (unplanted.length === 0) return [];
    if (wrong.length === 0)
      return [`with nothing planted, the same budget found nothing, ${unplanted.length} times`];
    return wrong.map(
      ({ hunter, seed, caseFile }) =>
        `with nothing planted, ${hunter} with seed ${seed} found ${caseFile ?? 'something'}`,
    );
  }
}
