import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** What a run leaves in its folder. */
const OURS = /^(?:report\.md|[a-z0-9-]+\.(?:png|log))$/;

/**
 * The folder of a run, made where it is missing, without what an earlier run left there; whatever else is in it stays. `asked`
 * is a path from where the person stands, `name` the run's own below .dtq/checklist.
 */
export function runFolder(asked: string | undefined, name: string): string {
  const folder = asked === undefined ? path.join(root, '.dtq/checklist', name) : path.resolve(asked);
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) if (OURS.test(file)) rmSync(path.join(folder, file));
  return folder;
}
