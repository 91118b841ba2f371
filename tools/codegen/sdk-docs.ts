import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { install } from './install.ts';

// The reference of the SDK as a static site in dist/sdk-docs, from its declarations and its README: `npm run sdk:docs`.

const folder = import.meta.dirname;
install();
const typedoc = path.join(folder, 'node_modules/typedoc/bin/typedoc');
const { status } = spawnSync(process.execPath, [typedoc, '--options', path.join(folder, 'typedoc.json')], {
  cwd: folder,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
