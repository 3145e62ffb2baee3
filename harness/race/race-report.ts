import { operationText, setupText } from '../program-text.ts';
import type { Story } from '../story.ts';
import { Interleaving } from './interleaving.ts';
import { ProgramBench } from './program-bench.ts';
import type { FailingRace } from './shrink-race.ts';
import type { RaceWatch } from './race-watch.ts';
import { raceStory } from './race-story.ts';
import { fixedChoices } from './schedule.ts';

/** A failing race for a person to read: the programs, what went wrong, and the interleaving that shows it. */
export const raceReport = async (race: FailingRace, watch: RaceWatch): Promise<string> =>
  (await tellRace(race, watch)).report;

/** The same, and as data. */
export async function tellRace(
  race: FailingRace,
  watch: RaceWatch,
): Promise<{ readonly report: string; readonly story: Story }> {
  const interleaving = new Interleaving(race.program);
  const bench = await ProgramBench.make(race.program, watch);
  const { pilot } = bench.try(fixedChoices(race.choices), interleaving.steps, interleaving);
  const report = reportOf(race, interleaving.text(), pilot.preemptions);
  return { report, story: raceStory(race, interleaving.turns, pilot.preemptions) };
}

/** The same where the interleaving has been told already. */
export function reportOf(
  { program, failure }: Omit<FailingRace, 'choices'>,
  story: string,
  preemptions: number,
): string {
  const lines = [
    `${failure.kind}: ${failure.words}`,
    '',
    `File system: ${setupText(program.setup)}`,
    `Target: ${program.target}`,
  ];
  if (program.faults.length > 0) lines.push(`Planted bugs: ${program.faults.join(', ')}`);
  const part = (title: string, operations: readonly Parameters<typeof operationText>[0][]): void => {
    if (operations.length > 0) lines.push('', title, ...operations.map((one) => `  ${operationText(one)}`));
  };
  part('On the disk:', program.image);
  part('Before the race:', program.before);
  for (const { name, operations } of program.tasks) part(`Task ${name}:`, operations);
  const stops = preemptions === 1 ? '1 preemption' : `${preemptions} preemptions`;
  lines.push('', `The schedule, with ${stops} (one paragraph is one turn on the processor):`, '');
  lines.push(...story.split('\n').map((line) => `  ${line}`.trimEnd()));
  return `${lines.join('\n')}\n`;
}
