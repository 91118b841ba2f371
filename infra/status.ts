import { composeRunning } from './compose/bring-up.ts';
import { readEnvironment, type StackEnvironment } from './environment.ts';
import { messageOf } from './errors.ts';
import { isReady } from './native/bring-up.ts';
import { memoryOf, readProcess } from './native/process-table.ts';
import { logPath, pidOf, pidsOf } from './native/server-process.ts';
import { nativeServers } from './native/servers.ts';
import { isProbed, probe } from './probe.ts';
import { Progress } from './progress.ts';
import type { Settings } from './settings.ts';
import { HOST, PLATFORM_SERVERS, type ServerName } from './stack.ts';
import { nativeContext } from './up.ts';

/** What one server is doing now. */
export interface ServerStatus {
  readonly server: ServerName;
  /** `ready`: it answers. `silent`: it runs and does not. `frozen`: it is held by SIGSTOP. */
  readonly state: 'ready' | 'silent' | 'frozen' | 'stopped';
  readonly address: string;
  readonly pid?: number;
  /** Bytes, its children's included. */
  readonly memory?: number;
  readonly log?: string;
  /** Why it does not answer, where it said so. */
  readonly reason?: string;
}

/** The state of every server of the stack; none where `up` has not run. Takes 3 s at the most. */
export async function status(settings: Settings): Promise<ServerStatus[]> {
  const { record } = settings;
  const environment = readEnvironment(settings.dir);
  if (record === undefined || environment === undefined) return [];
  if (record.road === 'compose') return await composeStatus(settings, environment);
  const context = nativeContext(settings, record, new Progress({ write: () => undefined }));
  return await Promise.all(
    nativeServers(record.mongodb, record.withSecantus).map(async (server): Promise<ServerStatus> => {
      const { name } = server;
      const pid = pidOf(settings.dir, name);
      const address = `${HOST}:${record.ports[name]}`;
      if (pid === undefined) return { server: name, state: 'stopped', address, log: logPath(settings.dir, name) };
      const pids = pidsOf(settings.dir, name);
      const running = { server: name, address, pid, memory: memoryOf(pids), log: logPath(settings.dir, name) };
      if (readProcess(pid)?.state === 'T') return { ...running, state: 'frozen' };
      return { ...running, state: (await isReady(server, context)) ? 'ready' : 'silent' };
    }),
  );
}

async function composeStatus(settings: Settings, environment: StackEnvironment): Promise<ServerStatus[]> {
  const running = await composeRunning(settings);
  return await Promise.all(
    PLATFORM_SERVERS.map(async (server): Promise<ServerStatus> => {
      const address = `${HOST}:${settings.ports[server]}`;
      if (!running.has(server)) return { server, state: 'stopped', address };
      try {
        if (isProbed(server)) await probe(server, environment);
        return { server, state: 'ready', address };
      } catch (error) {
        return { server, state: 'silent', address, reason: messageOf(error) };
      }
    }),
  );
}

/** The states as lines for people. */
export function formatStatus(rows: readonly ServerStatus[]): string {
  return rows
    .map(({ server, state, address, pid, memory, log, reason }) =>
      [
        server.padEnd(10),
        state.padEnd(8),
        address.padEnd(16),
        (pid === undefined ? '' : `pid ${pid}`).padEnd(12),
        (memory === undefined ? '' : `${Math.round(memory / 1024 / 1024)} MB`).padEnd(8),
        reason ?? log ?? '',
      ]
        .join(' ')
        .trimEnd(),
    )
    .join('\n');
}
