import { Argument, type Command } from 'commander';
import { bashCompletion } from './completion/bash.ts';
import { commandTree, type TreeCommand } from './completion/command-tree.ts';
import { fishCompletion } from './completion/fish.ts';
import { zshCompletion } from './completion/zsh.ts';
import { EXIT, type Terminal } from './terminal.ts';

const SHELLS: Readonly<Record<string, (tree: TreeCommand) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

const EXAMPLES = `
Examples:
  source <(twinpath completion bash)                                        in ~/.bashrc
  twinpath completion zsh > ~/.zfunc/_twinpath                              with ~/.zfunc in $fpath, before compinit
  twinpath completion fish > ~/.config/fish/completions/twinpath.fish`;

/** `twinpath completion`: what makes a shell complete the commands and options that there are. */
export function addCompletion(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('completion')
    .summary('prints a completion for bash, zsh or fish')
    .description('Prints a script that makes a shell complete the verbs and options of twinpath.')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SHELLS)))
    .addHelpText('after', EXAMPLES)
    .action((shell: string) => {
      // The tree is read when all verbs are there.
      terminal.out(SHELLS[shell]?.(commandTree(program)) ?? '');
      exit(EXIT.held);
    });
}
