import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InfraError } from './errors.ts';
import { readRecord, type StackRecord } from './record.ts';
import { DEFAULT_PORTS, PORT_VARIABLES, type PortName, type Ports } from './stack.ts';

export type Road = 'native' | 'compose';

/** Where one stack lives, and the ports that it uses. Nothing else in this folder reads the environment for these. */
export interface Settings {
  /** Folder of this stack alone: data, logs, pids, passwords. `DTQ_INFRA_DIR`, default `<repo>/.dtq/infra`. */
  readonly dir: string;
  /** What was downloaded or built; shared by all stacks and kept by `--volumes`. `DTQ_INFRA_CACHE`. */
  readonly cacheDir: string;
  readonly ports: Ports;
  /** The road that the environment demands (`DTQ_INFRA`), if any. */
  readonly forcedRoad: Road | undefined;
  /** What the last `up` in this folder decided, if there was one. */
  readonly record: StackRecord | undefined;
}

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));

/**
 * Reads the settings of a stack. A port comes from its own variable, else from what `up` recorded in the folder, else
 * from the default; `DTQ_INFRA_PORT_OFFSET` shifts the defaults.
 *
 * @throws InfraError naming the variable, the value and what it takes.
 */
export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const dir = resolve(env['DTQ_INFRA_DIR'] || resolve(REPOSITORY, '.dtq/infra'));
  const cacheDir = resolve(env['DTQ_INFRA_CACHE'] || resolve(REPOSITORY, '.dtq/infra/cache'));
  const record = readRecord(dir);
  return { dir, cacheDir, ports: readPorts(env, record?.ports), forcedRoad: readRoad(env), record };
}

function readRoad(env: NodeJS.ProcessEnv): Road | undefined {
  const value = env['DTQ_INFRA'];
  if (value === undefined || value === '') return undefined;
  if (value === 'native' || value === 'compose') return value;
  throw new InfraError(`DTQ_INFRA is "${value}" but must be native or compose`);
}

function readPorts(env: NodeJS.ProcessEnv, recorded: Ports | undefined): Ports {
  const offset = readInteger(env, 'DTQ_INFRA_PORT_OFFSET', -10_000, 40_000);
  const ports: Record<PortName, number> = { ...DEFAULT_PORTS };
  for (const name of Object.keys(DEFAULT_PORTS) as PortName[]) {
    const own = readInteger(env, PORT_VARIABLES[name], 1024, 65_535);
    const shifted = offset === undefined ? undefined : DEFAULT_PORTS[name] + offset;
    ports[name] = own ?? shifted ?? recorded?.[name] ?? DEFAULT_PORTS[name];
  }
  const seen = new Map<number, PortName>();
  for (const [name, port] of Object.entries(ports) as [PortName, number][]) {
    const other = seen.get(port);
    if (other !== undefined) {
      throw new InfraError(
        `port ${port} is given to both ${other} and ${name}: change ${PORT_VARIABLES[other]} or ${PORT_VARIABLES[name]}`,
      );
    }
    seen.set(port, name);
  }
  return ports;
}

function readInteger(env: NodeJS.ProcessEnv, name: string, low: number, high: number): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new InfraError(`${name} is "${text}" but must be a whole number from ${low} to ${high}`);
}
