import { operationText, setupText } from '../program-text.ts';
import { programOf, toldFailure, type Story, type StoryTurn } from '../story.ts';
import type { FailingRace } from './shrink-race.ts';

/** What a report shows of a race: every task's program, and who ran when. */
export function raceStory(
  { program, failure }: Omit<FailingRace, 'choices'>,
  turns: readonly StoryTurn[],
  preemptions: number,
): Story {
  const { setup, target, faults, image, before, tasks } = program;
  const facts: [string, string][] = [
    ['File system', setupText(setup)],
    ['Target', target],
    ['Preemptions', String(preemptions)],
  ];
  if (faults.length > 0) facts.push(['Planted bugs', faults.join(', ')]);
  const parts = [
    { title: 'On the disk', operations: image },
    { title: 'Before the race', operations: before },
    ...tasks.map(({ name, operations }) => ({ title: `Task ${name}`, operations })),
  ];
  return toldFailure(failure, {
    facts,
    programs: parts
      .filter(({ operations }) => operations.length > 0)
      .map(({ title, operations }) => programOf(title, operations.map(operationText), null)),
    turns: turns.slice(0, TURNS_MAX),
  });
}

const TURNS_MAX = 2000;
