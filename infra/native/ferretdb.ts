import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InfraError } from '../errors.ts';
import { run } from '../run.ts';
import { HOST, VERSIONS } from '../stack.ts';
import { canInstall, offeredVersion, updateLists } from './apt.ts';
import { ensureArtefact, sourceMark } from './artefact.ts';
import type { Context, NativeServer } from './context.ts';
import { postgresUrl } from './postgres.ts';
import { findGo } from './tools.ts';

/** From this Go on, the command fetches by itself the newer toolchain that FerretDB's module asks for. */
export const GO_MINOR = 21;
/** What FerretDB's module asks for. */
const FERRETDB_GO_MINOR = 24;
const SOURCE = fileURLToPath(new URL('ferretdb', import.meta.url));

/** The built program's name in the cache. */
const NAME = `ferretdb-${VERSIONS.ferretdb}-${sourceMark(readdirSync(SOURCE).map((name) => join(SOURCE, name)))}`;

/** The MongoDB wire: FerretDB, embedded in a small Go program of ours, over PostgreSQL. It has no password. */
export const ferretdb: NativeServer = {
  name: 'mongodb',
  ports: ['mongodb'],
  after: 'postgres',
  stopSignal: 'SIGTERM',
  stopMs: 10_000,
  startMs: 60_000,

  async missing(context) {
    if (existsSync(programPath(context)) || (await goIsNewEnough())) return [];
    return [['golang-go']];
  },

  async prepare(context) {
    const what = `FerretDB ${VERSIONS.ferretdb} from its Go module (one to two minutes, once)`;
    await ensureArtefact(context, 'mongodb', NAME, what, (temporary) => build(context, temporary));
  },

  async launch(context) {
    const { ports } = context.settings;
    return {
      command: programPath(context),
      args: ['-listen', `${HOST}:${ports.mongodb}`],
      // By the environment, which is private; a command line is not.
      env: { DTQ_POSTGRES_URL: postgresUrl(ports, context.secrets) },
    };
  },
};

/** True where FerretDB has been built or can be: a Go that is new enough is there, or is what apt would install. */
export async function canHaveFerretdb(context: Pick<Context, 'settings' | 'progress'>): Promise<boolean> {
  if (existsSync(join(context.settings.cacheDir, NAME)) || (await goIsNewEnough())) return true;
  if (!canInstall() || (await findGo()) !== undefined) return false;
  const known = await offeredVersion('golang-go');
  if (known === undefined) await updateLists(context.progress, context.settings.dir);
  const version = known ?? (await offeredVersion('golang-go'));
  return Number(/^(?:\d+:)?1\.(\d+)/.exec(version ?? '')?.[1]) >= GO_MINOR;
}

async function goIsNewEnough(): Promise<boolean> {
  const go = await findGo();
  return go !== undefined && go.minor >= GO_MINOR;
}

async function build(context: Context, program: string): Promise<void> {
  const go = await findGo();
  if (go === undefined) throw new InfraError(`missing: Go 1.${GO_MINOR} or later, which builds FerretDB`);
  const work = `${program}.work`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  for (const name of readdirSync(SOURCE)) copyFileSync(join(SOURCE, name), join(work, name));
  try {
    await run(
      go.path,
      ['build', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags=-s -w', '-o', program, '.'],
      {
        cwd: work,
        logFile: join(context.settings.dir, 'logs', 'ferretdb-install.log'),
        env: { CGO_ENABLED: '0', ...(go.minor < FERRETDB_GO_MINOR ? { GOTOOLCHAIN: 'auto' } : {}) },
      },
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function programPath(context: Context): string {
  return join(context.settings.cacheDir, NAME);
}
