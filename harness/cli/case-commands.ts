import { startsProgram } from '../targets/all.ts';

/** The commands that do something with a saved case, as a shell understands them. */

/** Shows a saved failure again. A program that a case file names is started only when the user says its name, too. */
export const replayCommand = (caseFile: string, targets: readonly string[] = []): string =>
  `twinpath replay ${quoted(caseFile)}${givenTargets(targets)}`;

const givenTargets = (targets: readonly string[]): string =>
  targets.some(startsProgram) ? targets.map((name) => ` --target ${quoted(name)}`).join('') : '';

/** What a report offers for a case that a verb has kept. */
export function commandsFor(
  verb: string,
  caseFile: string,
  targets: readonly string[],
): { does: string; command: string }[] {
  if (verb === 'corrupt')
    return [{ does: 'Damage it again', command: `twinpath corrupt --case ${quoted(caseFile)}` }];
  const again = [
    { does: 'Run it again', command: replayCommand(caseFile, targets) },
    { does: 'Make it smaller', command: `twinpath shrink ${quoted(caseFile)}${givenTargets(targets)}` },
  ];
  // Schedules and power cuts are nothing that a program could ask a kernel for.
  if (verb === 'race' || verb === 'crash') return again;
  return [...again, { does: 'Give it to somebody', command: `twinpath export ${quoted(caseFile)} --as c` }];
}

const quoted = (word: string): string =>
  /^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
