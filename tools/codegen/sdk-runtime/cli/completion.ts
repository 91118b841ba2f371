import { COMMANDS } from './commands.ts';
import { UsageError } from './exit-codes.ts';
import { COMMON, type Option } from './options.ts';

// The shells ask the program itself, so that what they offer is what it takes: types of jobs and their fields too.

const SCRIPTS = {
  bash: `_dtq() {
  local IFS=$'\\n' words
  # Bash takes words apart at = and :, which fields are written with.
  COMP_WORDBREAKS=\${COMP_WORDBREAKS//=/}
  words=$("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [[ \${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -F _dtq dtq`,
  zsh: `#compdef dtq
_dtq() {
  local -a found
  found=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -S '' -- \${(M)found:#*=}
  compadd -- \${found:#*=}
}
compdef _dtq dtq`,
  fish: `function __dtq
  set -l words (commandline -opc) (commandline -ct)
  $words[1] complete -- $words[2..] 2>/dev/null
end
complete -c dtq -f -a '(__dtq)'`,
} as const;

/** What makes a shell complete our words. Throws UsageError for another shell. */
export function scriptOf(shell: string | undefined): string {
  if (shell !== undefined && Object.hasOwn(SCRIPTS, shell)) return SCRIPTS[shell as keyof typeof SCRIPTS];
  throw new UsageError(`completion takes ${Object.keys(SCRIPTS).join(', ')}`);
}

/** What the last of these words, of which only the beginning may be there, can be. */
export async function suggestionsFor(line: readonly string[]): Promise<readonly string[]> {
  const words = line[0] === '--' ? line.slice(1) : line;
  const last = words.at(-1) ?? '';
  const [name = '', ...rest] = words;
  if (words.length < 2) return startingWith(last, [...Object.keys(COMMANDS), 'completion', 'help']);
  if (name === 'completion') return startingWith(last, Object.keys(SCRIPTS));
  if (name === 'help') return startingWith(last, Object.keys(COMMANDS));
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return [];
  const options: Readonly<Record<string, Option>> = { ...COMMON, ...command.options };
  const before = options[rest.at(-2)?.replace(/^--/, '') ?? ''];
  if (before?.value !== undefined && rest.at(-2)?.startsWith('--')) return startingWith(last, before.choices ?? []);
  if (last.startsWith('-'))
    return startingWith(
      last,
      Object.keys(options).map((option) => `--${option}`),
    );
  const positionals = withoutOptions(rest.slice(0, -1), options);
  return startingWith(last, (await command.suggest?.([...positionals, last])) ?? []);
}

function withoutOptions(words: readonly string[], options: Readonly<Record<string, Option>>): string[] {
  const takesValue = (word: string | undefined): boolean =>
    word?.startsWith('-') === true &&
    Object.entries(options).some(
      ([name, { short, value }]) =>
        value !== undefined && (word === `--${name}` || (short !== undefined && word === `-${short}`)),
    );
  return words.filter((word, place) => !word.startsWith('-') && !takesValue(words[place - 1]));
}

function startingWith(beginning: string, words: readonly string[]): string[] {
  return words.filter((word) => word.startsWith(beginning));
}
