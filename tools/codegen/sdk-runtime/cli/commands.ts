import type { Command } from './command.ts';
import { cancel, get, status, submit, watch } from './job-commands.ts';
import { list, tail } from './list-commands.ts';
import { deadLetters, failures, replay, system } from './operator-commands.ts';

/** Every command, in the order of the help. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  submit,
  watch,
  get,
  status,
  list,
  tail,
  cancel,
  replay,
  'dead-letters': deadLetters,
  failures,
  system,
};
