// Runs before `npm start` and others, on whatever Node (20 or later) the machine has: installs what is missing, builds
// what is stale, says so, and is a no-op otherwise. Plain JavaScript without packages, for there may be none yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const NEEDED_NODE = 24;

if (!installed(root)) {
  say('installing packages (npm ci), once after each change of package-lock.json');
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], 'the installation failed');
}
checkNode();
if (process.argv.includes('--page')) {
  buildPage();
  buildDocs();
}

/** Whether node_modules holds what the lock file asks for on this platform. */
function installed(folder) {
  const [wanted, found] = ['package-lock.json', 'node_modules/.package-lock.json'].map((file) =>
    packagesOf(path.join(folder, file)),
  );
  if (wanted === undefined) fail('package-lock.json is missing or is no JSON: take it from git again');
  if (found === undefined) return false;
  return Object.entries(wanted).every(([name, { version, optional, link }]) => {
    if (name === '' || link || !name.includes('node_modules/')) return true;
    return found[name] === undefined ? optional === true : found[name].version === version;
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** The scripts' Node: the pinned one in node_modules, else the machine's own, which must then be new enough. */
function checkNode() {
  // npm puts this folder first on the PATH of every script, as long as the script runs.
  const PATH = `${path.join(root, 'node_modules/.bin')}${path.delimiter}${process.env.PATH}`;
  const { stdout } = spawnSync('node', ['--version'], {
    encoding: 'utf8',
    env: { ...process.env, PATH },
    shell: process.platform === 'win32',
  });
  const major = Number(/^v(\d+)/.exec(stdout ?? '')?.[1]);
  if (major >= NEEDED_NODE) return;
  fail(
    `dtq runs on Node ${NEEDED_NODE}; there is no pinned one for ${process.platform}-${process.arch} and the machine's is ${(stdout ?? '').trim()}: install Node ${NEEDED_NODE}`,
  );
}

function buildPage() {
  const stamp = path.join(root, 'web/dist/.stamp');
  const command = ['turbo', 'run', 'build', '--filter=@dtq/web', '--output-logs=errors-only', '--ui=stream'];
  buildWhereStale(stamp, ['web', 'generated'], 'the web page', () =>
    run('npx', ['--no-install', ...command], 'the page could not be built'),
  );
}

/** The documentation of the contracts, of what stands in them and of what the services read from the environment. */
function buildDocs() {
  const stamp = path.join(root, 'dist/.docs-stamp');
  const sources = ['tools/docs', 'generated', 'specs', 'services'];
  buildWhereStale(stamp, sources, 'the documentation', () =>
    run(
      'node',
      ['--disable-warning=ExperimentalWarning', 'tools/docs/main.ts'],
      'the documentation could not be built',
    ),
  );
}

/** Builds unless the stamp says that the same files were built last. */
function buildWhereStale(stamp, sources, what, build) {
  const hash = createHash('sha256');
  for (const file of [...sources.flatMap(filesBelow), 'package-lock.json']) {
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(path.join(root, file)))
      .update('\0');
  }
  const digest = hash.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  say(`building ${what}`);
  build();
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

function filesBelow(folder) {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => !['node_modules', 'dist', '.turbo'].includes(entry.name))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`]))
    .sort();
}

function run(command, args, failure) {
  const began = Date.now();
  const environment = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', SCARF_ANALYTICS: 'false' };
  // The output goes to standard error, so that what follows has standard output to itself.
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: environment,
    shell: process.platform === 'win32',
  });
  if (status !== 0) fail(`${failure}${error ? ` (${error.message})` : ''}`);
  say(`done in ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

function say(text) {
  process.stderr.write(`dtq: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
