import path from 'node:path';
import { packSdk } from './pack.ts';
import { root } from './root.ts';

// Makes the tarball that another team installs: `npm run sdk:pack`, or with a folder as its argument.

const began = Date.now();
const { file, bytes } = await packSdk(process.argv[2] ?? path.join(root, 'dist'));
console.log(
  `${path.relative(process.cwd(), file)} (${Math.round(bytes / 1024)} KB) in ${((Date.now() - began) / 1000).toFixed(1)} s`,
);
