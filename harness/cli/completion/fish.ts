import { everyCommand, type TreeCommand, type TreeOption } from './command-tree.ts';

/** A completion for fish: a line for each word, shown where the command that it belongs to was typed. */
export function fishCompletion(tree: TreeCommand): string {
  const all = everyCommand(tree);
  const paths = all.slice(1).map(({ path }) => quoted(path));
  return `# Completion of ${tree.name} for fish; made by \`${tree.name} completion fish\`.
function __${tree.name}_at
  set -l at ${tree.name}
  for word in (commandline -opc)[2..-1]
    if contains -- "$at $word" ${paths.join(' ')}
      set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
${all.flatMap((each) => linesOf(tree.name, each)).join('\n')}
`;
}

const quoted = (text: string): string =>
  `'${text.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`)}'`;

function linesOf(program: string, { path, options, commands, choices }: TreeCommand): string[] {
  const head = `complete -c ${program} -n ${quoted(`__${program}_at ${quoted(path)}`)}`;
  const words = [...commands, ...choices.map((name) => ({ name, about: '' }))];
  return [
    ...words.map(({ name, about }) => `${head} -f -a ${quoted(name)} -d ${quoted(about)}`),
    ...options.map((option) => `${head} ${optionWords(option)} -d ${quoted(option.about)}`),
  ];
}

function optionWords({ flags, takesValue, choices }: TreeOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : takesValue ? ' -r' : '';
  return `${names.join(' ')}${value}`;
}
