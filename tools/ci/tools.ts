import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { InfraError } from '../../infra/errors.ts';
import { canInstall, installPackages, missingPackages, updateLists } from '../../infra/native/apt.ts';
import { findTool } from '../../infra/native/tools.ts';
import { Progress } from '../../infra/progress.ts';
import { readSettings } from '../../infra/settings.ts';
import { CHROMIUM } from '../testkit/chromium.ts';

// Has what the tests need beside the servers and what npm brings: a browser, and the checker of alert rules.

const PACKAGES: readonly { readonly name: string; readonly isThere: () => boolean }[] = [
  { name: 'chromium', isThere: () => existsSync(CHROMIUM) },
  { name: 'prometheus', isThere: () => findTool('promtool') !== undefined },
];

const missing = PACKAGES.filter(({ isThere }) => !isThere()).map(({ name }) => name);
if (missing.length > 0) {
  try {
    if (!canInstall()) throw missingPackages(missing);
    const { dir } = readSettings();
    mkdirSync(path.join(dir, 'logs'), { recursive: true });
    const progress = new Progress();
    await updateLists(progress, dir);
    await installPackages(missing, progress, dir);
  } catch (error) {
    if (!(error instanceof InfraError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
console.log(`a browser: ${CHROMIUM}`);
