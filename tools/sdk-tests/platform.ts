import { freshFolder } from '@dtq/testkit/folder.ts';
import { type Program, startProgram } from '@dtq/testkit/program.ts';

/** The whole platform as its own process, over a fresh file, with made-up providers; it ends with the running test. */
export function startPlatform(environment: Readonly<Record<string, string>> = {}): Promise<Program> {
  return startProgram('services/standalone/main.ts', { DTQ_DATA_DIR: freshFolder(), ...environment });
}
