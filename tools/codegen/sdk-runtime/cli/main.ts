import { VERSION } from '@dtq/generated/sdk/tables.ts';
import { type Command, limitsOf } from './command.ts';
import { COMMANDS } from './commands.ts';
import { scriptOf, suggestionsFor } from './completion.ts';
import { EXIT, exitOf, UsageError } from './exit-codes.ts';
import { helpOf, overview } from './help.ts';
import { clientOf, readWords } from './options.ts';
import { terminalOf } from './terminal.ts';

/** Does what a command line asks for, and resolves to the exit code; never rejects. */
export async function main(words: readonly string[]): Promise<number> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(new Interrupted());
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const terminal = terminalOf(controller.signal);
  const [name, ...rest] = words;
  try {
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      const asked = rest[0] === undefined ? undefined : commandOf(rest[0]);
      terminal.out(asked === undefined ? overview() : helpOf(String(rest[0]), asked));
      return name === undefined ? EXIT.badUse : EXIT.done;
    }
    if (name === '--version' || name === '-v') {
      terminal.out(VERSION);
      return EXIT.done;
    }
    if (name === 'completion') {
      terminal.out(scriptOf(rest[0]));
      return EXIT.done;
    }
    // What the scripts of the shells ask.
    if (name === 'complete') {
      terminal.out((await suggestionsFor(rest)).join('\n'));
      return EXIT.done;
    }
    const command = commandOf(name);
    const { values, rest: positionals } = readWords(rest, command.options);
    if (values['help'] === true) {
      terminal.out(helpOf(name, command));
      return EXIT.done;
    }
    const client = clientOf(values, process.env);
    const limits = limitsOf(values, controller.signal);
    return await command.run({ client, values, rest: positionals, terminal, limits });
  } catch (error) {
    if (error instanceof Interrupted) return EXIT.interrupted;
    const { code, words: text } = exitOf(error);
    const help =
      error instanceof UsageError ? `\n  dtq help ${name !== undefined && name in COMMANDS ? name : ''}`.trimEnd() : '';
    terminal.err(`dtq: ${text}${help}\n`);
    return code;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

class Interrupted extends Error {}

function commandOf(name: string): Command {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return command;
  throw new UsageError(
    `there is no command ${JSON.stringify(name)}; there are ${Object.keys(COMMANDS).join(', ')}, completion`,
  );
}
