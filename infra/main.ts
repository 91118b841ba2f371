import { parseArgs } from 'node:util';
import { freezeServer, startServer, stopServer, thawServer, tuneMongodb } from './control.ts';
import { down } from './down.ts';
import { environmentPath, readEnvironment } from './environment.ts';
import { InfraError, messageOf } from './errors.ts';
import { readSettings, type Settings } from './settings.ts';
import { formatSmoke, smoke } from './smoke.ts';
import { SERVERS, type ServerName } from './stack.ts';
import { formatStatus, status } from './status.ts';
import { up } from './up.ts';

const USAGE = `Usage: node infra/main.ts COMMAND
  up [--with-secantus]      bring all servers up and leave the platform's settings in a file
  down [--volumes]          stop them; with --volumes remove their data, logs and passwords too
  status [--json]           what each does; exit code 0 only when all are ready
  smoke                     speak each protocol once, with throw-away names
  start|stop|kill|freeze|thaw SERVER    one server: ${SERVERS.join(', ')}
  tune-ferretdb             make reads by key quick where the MongoDB wire is FerretDB (up does it too)
Settings: DTQ_INFRA (native or compose), DTQ_INFRA_DIR, DTQ_INFRA_CACHE, DTQ_INFRA_PORT_OFFSET, DTQ_INFRA_<SERVER>_PORT`;

/** Runs one command and answers the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  const [command, name] = positionals;
  const settings = readSettings();
  switch (command) {
    case 'up':
      await up(settings, { withSecantus: values['with-secantus'] });
      return 0;
    case 'down':
      await down(settings, values.volumes);
      return 0;
    case 'status':
      return await showStatus(settings, values.json);
    case 'smoke':
      return await showSmoke(settings);
    case 'tune-ferretdb':
      return await tune(settings);
    case 'start':
      return await order(name, 'started', (server) => startServer(server, settings));
    case 'stop':
      return await order(name, 'stopped', (server) => stopServer(server, 'SIGTERM', settings));
    case 'kill':
      return await order(name, 'killed', (server) => stopServer(server, 'SIGKILL', settings));
    case 'freeze':
      return await order(name, 'frozen', (server) => freezeServer(server, settings));
    case 'thaw':
      return await order(name, 'thawed', (server) => thawServer(server, settings));
    default:
      throw new InfraError(command === undefined ? USAGE : `"${command}" is no command\n${USAGE}`);
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        volumes: { type: 'boolean', default: false },
        'with-secantus': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new InfraError(`${messageOf(error)}\n${USAGE}`);
  }
}

async function showStatus(settings: Settings, json: boolean): Promise<number> {
  const rows = await status(settings);
  if (json) console.log(JSON.stringify(rows, null, 2));
  else if (rows.length === 0) console.log(`infra:up has not run in ${settings.dir}`);
  else console.log(formatStatus(rows));
  return rows.length > 0 && rows.every((row) => row.state === 'ready') ? 0 : 1;
}

async function showSmoke(settings: Settings): Promise<number> {
  const environment = readEnvironment(settings.dir);
  if (environment === undefined)
    throw new InfraError(`${environmentPath(settings.dir)} is missing: run infra:up first`);
  const rows = await smoke(environment);
  console.log(formatSmoke(rows));
  return rows.every((row) => row.passed) ? 0 : 1;
}

async function tune(settings: Settings): Promise<number> {
  if (settings.record?.mongodb !== 'ferretdb') {
    console.log('nothing to tune: the MongoDB wire of this stack is not FerretDB');
    return 0;
  }
  const tuned = await tuneMongodb(undefined, settings);
  console.log(tuned.length === 0 ? 'no collection to tune yet' : `indexed by key: ${tuned.join(', ')}`);
  return 0;
}

async function order(
  name: string | undefined,
  done: string,
  work: (server: ServerName) => Promise<void>,
): Promise<number> {
  const server = SERVERS.find((other) => other === name);
  if (server === undefined) throw new InfraError(`name a server: ${SERVERS.join(', ')}`);
  await work(server);
  console.log(`${server} ${done}`);
  return 0;
}

// SIGINT ends the program by an exit, so that locks and apt's policy are put right on the way out.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
// kafkajs 2.2.4 sets timers to times that have passed already; Node warns of it and it means nothing here.
process.removeAllListeners('warning');

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof InfraError ? `infra: ${error.message}` : error);
  process.exitCode = 1;
}
