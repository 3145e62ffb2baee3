import { Command } from 'commander';
import { expect, test } from 'vitest';
import { PROCESS_TERMINAL } from './terminal.ts';
import { verbsFor } from './verbs.ts';

/** The commands that a command line has which begins with this word. */
async function commandsFor(first: string | undefined): Promise<string[]> {
  const program = new Command();
  for (const load of verbsFor(first)) (await load())(program, PROCESS_TERMINAL, () => undefined);
  return program.commands.map((command) => command.name());
}

test('each verb is the command of its name, and is loaded alone', async () => {
  const all = await commandsFor(undefined);
  expect(all).toContain('check');
  expect(new Set(all).size).toBe(all.length);
  for (const verb of all.filter((each) => each !== 'completion'))
    expect(await commandsFor(verb)).toEqual([verb]);
});

test('help, completion and words that are no verb have all of them, the version has none', async () => {
  const all = await commandsFor(undefined);
  for (const word of ['--help', 'help', 'completion', 'nosuch', 'constructor'])
    expect(await commandsFor(word)).toEqual(all);
  expect(await commandsFor('--version')).toEqual([]);
});
