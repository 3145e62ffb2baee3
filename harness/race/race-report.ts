import { operationText, setupText } from '../program-text.ts';
import { Interleaving } from './interleaving.ts';
import { ProgramBench } from './program-bench.ts';
import type { FailingRace } from './shrink-race.ts';
import { fixedChoices } from './schedule.ts';

/** A failing race for a person to read: the programs, what went wrong, and the interleaving that shows it. */
export async function raceReport({ program, choices, failure }: FailingRace): Promise<string> {
  const story = new Interleaving(program);
  const bench = await ProgramBench.make(program);
  const { pilot } = bench.try(fixedChoices(choices), story.steps, story);
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
  const stops = pilot.preemptions === 1 ? '1 preemption' : `${pilot.preemptions} preemptions`;
  lines.push('', `The schedule, with ${stops}:`, '');
  lines.push(
    ...story
      .text()
      .split('\n')
      .map((line) => `  ${line}`.trimEnd()),
  );
  return `${lines.join('\n')}\n`;
}
