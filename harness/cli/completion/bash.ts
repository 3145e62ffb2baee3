import { everyCommand, type TreeCommand } from './command-tree.ts';

/** A completion for bash: a function that follows the words to a command, and offers what may come next. */
export function bashCompletion(tree: TreeCommand): string {
  const all = everyCommand(tree);
  return `# Completion of ${tree.name} for bash; made by \`${tree.name} completion bash\`.
_${tree.name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} at=${tree.name} words= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
    ${all
      .slice(1)
      .map(({ path }) => `'${path}'`)
      .join(' | ')}) at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at:$prev" in
${all.flatMap(valueLines).join('\n')}
  esac
  case "$at" in
${all.flatMap(wordLines).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -o default -F _${tree.name} ${tree.name}
`;
}

/** What may stand behind an option; a value that may be anything is left to bash, which completes names of files. */
const valueLines = ({ path, options }: TreeCommand): string[] =>
  options
    .filter(({ takesValue }) => takesValue)
    .map(({ flags, choices }) => {
      const places = flags.map((flag) => `'${path}:${flag}'`).join(' | ');
      const offer =
        choices.length === 0 ? '' : `COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$cur")); `;
      return `  ${places}) ${offer}return ;;`;
    });

/** Options where a dash was typed; else commands, or words that an argument may be. */
function wordLines({ path, options, commands, choices }: TreeCommand): string[] {
  const flags = options.flatMap((option) => option.flags).join(' ');
  const words = [...commands.map(({ name }) => name), ...choices].join(' ');
  return [`  '${path}') [[ $cur == -* ]] && words='${flags}' || words='${words}' ;;`];
}
