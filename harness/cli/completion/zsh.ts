import { everyCommand, type TreeCommand } from './command-tree.ts';

/** A completion for zsh, to be found in $fpath as `_twinpath` or to be read by `source`. */
export function zshCompletion(tree: TreeCommand): string {
  const all = everyCommand(tree);
  return `#compdef ${tree.name}
# Completion of ${tree.name} for zsh; made by \`${tree.name} completion zsh\`.
_${tree.name}() {
  local at=${tree.name} word
  local -a options commands
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
    (${all
      .slice(1)
      .map(({ path }) => quoted(path))
      .join('|')}) at="$at $word" ;;
    esac
  done
  case "$at:\${words[CURRENT-1]}" in
${all.flatMap(valueLines).join('\n')}
  esac
  case "$at" in
${all.map(wordLines).join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    _describe -o option options
  elif ((\${#commands})); then
    _describe command commands
  else
    _files
  fi
}
if [[ \${funcstack[1]} == _${tree.name} ]]; then
  _${tree.name} "$@"
else
  compdef _${tree.name} ${tree.name}
fi
`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** A word with what it means, as _describe wants it: what stands before the first colon is the word. */
const described = (word: string, about: string): string => quoted(`${word}:${about}`);

const valueLines = ({ path, options }: TreeCommand): string[] =>
  options
    .filter(({ takesValue }) => takesValue)
    .map(({ flags, choices }) => {
      const places = flags.map((flag) => quoted(`${path}:${flag}`)).join('|');
      const offer = choices.length === 0 ? '_files' : `compadd -- ${choices.map(quoted).join(' ')}`;
      return `  (${places}) ${offer}; return ;;`;
    });

function wordLines({ path, options, commands, choices }: TreeCommand): string {
  const flags = options.flatMap((option) => option.flags.map((flag) => described(flag, option.about)));
  const words = [
    ...commands.map(({ name, about }) => described(name, about)),
    ...choices.map((choice) => described(choice, '')),
  ];
  return `  (${quoted(path)}) options=(${flags.join(' ')}) commands=(${words.join(' ')}) ;;`;
}
