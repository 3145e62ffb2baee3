import type { Command } from 'commander';

/** An option as whoever completes a command line needs it. */
export interface TreeOption {
  /** `--seed`, and `-s` where there is one. */
  readonly flags: readonly string[];
  readonly about: string;
  /** The next word belongs to it. */
  readonly takesValue: boolean;
  /** What that word may be; empty where anything may. */
  readonly choices: readonly string[];
}

/** A command with what may stand behind it. */
export interface TreeCommand {
  /** All words that lead to it: `twinpath image mkfs`. */
  readonly path: string;
  readonly name: string;
  readonly about: string;
  readonly options: readonly TreeOption[];
  readonly commands: readonly TreeCommand[];
  /** What its arguments may be, where only some words may. */
  readonly choices: readonly string[];
}

/** The commands of a program as plain data; what --help does not show is left out. */
export function commandTree(command: Command, before: readonly string[] = []): TreeCommand {
  const words = [...before, command.name()];
  const help = command.createHelp();
  return {
    path: words.join(' '),
    name: command.name(),
    about: command.summary() === '' ? command.description() : command.summary(),
    options: help
      .visibleOptions(command)
      .map(({ short, long, description, required, optional, argChoices }) => ({
        flags: [long, short].filter((flag) => flag !== undefined),
        about: description,
        takesValue: required || optional,
        choices: argChoices ?? [],
      })),
    commands: help
      .visibleCommands(command)
      .filter((each) => command.commands.includes(each))
      .map((each) => commandTree(each, words)),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
}

/** A command and all below it. */
export const everyCommand = (tree: TreeCommand): TreeCommand[] => [
  tree,
  ...tree.commands.flatMap((each) => everyCommand(each)),
];
