/** The commands that do something with a saved case, as a shell understands them. */

/** Shows a saved failure again. */
export const replayCommand = (caseFile: string): string => `twinpath replay ${quoted(caseFile)}`;

/** What a report offers for a case that a verb has kept. */
export function commandsFor(verb: string, caseFile: string): { does: string; command: string }[] {
  if (verb === 'corrupt')
    return [{ does: 'Damage it again', command: `twinpath corrupt --case ${quoted(caseFile)}` }];
  const again = [
    { does: 'Run it again', command: replayCommand(caseFile) },
    { does: 'Make it smaller', command: `twinpath shrink ${quoted(caseFile)}` },
  ];
  // Schedules and power cuts are nothing that a program could ask a kernel for.
  if (verb === 'race' || verb === 'crash') return again;
  return [...again, { does: 'Give it to somebody', command: `twinpath export ${quoted(caseFile)} --as c` }];
}

const quoted = (word: string): string =>
  /^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
