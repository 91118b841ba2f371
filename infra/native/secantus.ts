import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InfraError } from '../errors.ts';
import { run } from '../run.ts';
import { HOST, VERSIONS } from '../stack.ts';
import { ensureArtefact } from './artefact.ts';
import type { Context, NativeServer } from './context.ts';
import { findPython } from './tools.ts';

const doneMark = `secantus-${VERSIONS.secantus}.done`;

/** The second MongoDB wire beside the first (`up --with-secantus`). */
export const secantus: NativeServer = secantusAs('secantus');

/** The MongoDB wire itself, where FerretDB cannot be built. */
export const secantusAsMongodb: NativeServer = secantusAs('mongodb');

function secantusAs(name: 'secantus' | 'mongodb'): NativeServer {
  return {
    name,
    ports: [name],
    stopSignal: 'SIGTERM',
    stopMs: 15_000,
    startMs: 60_000,

    async missing(context) {
      if (existsSync(join(context.settings.cacheDir, doneMark)) || (await findPython()) !== undefined) return [];
      return [['python3'], ['python3-venv']];
    },

    async prepare(context) {
      await makeEnvironment(context, name);
      const data = dataPath(context, name);
      mkdirSync(data, { recursive: true, mode: 0o700 });
      // An own, empty settings file: without one it looks for others in the home folder and in /etc.
      writeFileSync(`${data}.toml`, '');
    },

    async launch(context) {
      const data = dataPath(context, name);
      return {
        command: join(environmentPath(context), 'bin', 'python3'),
        args: [
          '-m',
          'secantus',
          ...['--config', `${data}.toml`, '--host', HOST, '--port', String(context.settings.ports[name])],
          ...['--storage-path', data, '--log-level', 'WARNING', '--cache-size', '256M', '--standalone'],
        ],
        cwd: join(context.settings.dir, 'data'),
        env: { PYTHONUNBUFFERED: '1' },
      };
    },
  };
}

/** A virtual environment cannot be moved once made: it is made in place and marked as whole by a file at the end. */
async function makeEnvironment(context: Context, name: 'secantus' | 'mongodb'): Promise<void> {
  const folder = environmentPath(context);
  const what = `secantusdb ${VERSIONS.secantus} from PyPI into an environment of its own`;
  await ensureArtefact(context, name, doneMark, what, async (mark) => {
    const python = await findPython();
    if (python === undefined) throw new InfraError('missing: python3 with venv (python3-venv), for SecantusDB');
    const logFile = join(context.settings.dir, 'logs', 'secantus-install.log');
    await run(python, ['-m', 'venv', '--clear', folder], { logFile });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `secantusdb==${VERSIONS.secantus}`];
    await run(join(folder, 'bin', 'python3'), pip, { logFile });
    writeFileSync(mark, '');
  });
}

function environmentPath(context: Context): string {
  return join(context.settings.cacheDir, `secantus-${VERSIONS.secantus}`);
}

function dataPath(context: Context, name: string): string {
  return join(context.settings.dir, 'data', name === 'mongodb' ? 'mongodb-secantus' : 'secantus');
}
