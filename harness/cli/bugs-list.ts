import { operationText, setupText } from '../program-text.ts';
import { isSequence, type Bug, type PlantedBug } from '../bugs/bug.ts';
import { plural } from './numbers.ts';

/** The catalogue for a person: of each bug what goes wrong, what it takes, who sees it, and the shortest way there. */
export const bugsList = (bugs: readonly Bug[]): string => bugs.map(bugText).join('\n');

const bugText = (bug: Bug): string => {
  const facts = bug.kind === 'planted' ? plantedFacts(bug) : [`cannot exist here: ${bug.why}`];
  return [`${bug.id}  ${bug.mechanism}`, ...[...facts, bug.source].map((fact) => `     ${fact}`)].join('\n');
};

function plantedFacts({ fault, hunter, seenBy, needs, known }: PlantedBug): string[] {
  return [
    `${fault}, seen by ${hunter} (${seenBy.join(', ')})`,
    ...(needs.length === 0 ? [] : [`needs ${needs.join(', ')}`]),
    `shortest known: ${knownText(known)}`,
  ];
}

function knownText(known: PlantedBug['known']): string {
  if (!isSequence(known)) return `${plural(known.operations, 'operation')}: ${known.words}`;
  const { setup, operations } = known;
  return `${plural(operations.length, 'operation')} on ${setupText(setup)}: ${operations.map(operationText).join('; ')}`;
}
