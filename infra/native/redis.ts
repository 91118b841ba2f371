import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivate } from '../environment.ts';
import { InfraError } from '../errors.ts';
import { HOST, REDIS_DATABASES, REDIS_HASH_MAX_LISTPACK_VALUE, REDIS_MAXMEMORY, USERS } from '../stack.ts';
import type { Context, NativeServer } from './context.ts';
import { findTool } from './tools.ts';

/** Redis from the distribution: one user with a password, the default user off, an append-only file, no eviction. */
export const redis: NativeServer = {
  name: 'redis',
  ports: ['redis'],
  stopSignal: 'SIGTERM',
  stopMs: 10_000,
  startMs: 30_000,

  async missing() {
    return findTool('redis-server') === undefined ? [['redis-server']] : [];
  },

  async prepare(context) {
    const data = join(context.settings.dir, 'data', 'redis');
    mkdirSync(data, { recursive: true, mode: 0o700 });
    writePrivate(configurationPath(context), configuration(context, data));
  },

  async launch(context) {
    const command = findTool('redis-server');
    if (command === undefined) throw new InfraError('missing: redis-server');
    return { command, args: [configurationPath(context)] };
  },
};

function configuration(context: Context, data: string): string {
  return `${[
    `bind ${HOST}`,
    `port ${context.settings.ports.redis}`,
    'protected-mode yes',
    `databases ${REDIS_DATABASES}`,
    'daemonize no',
    `dir ${data}`,
    'user default off',
    `user ${USERS.redis} on >${context.secrets.redis} ~* &* +@all`,
    'appendonly yes',
    'appendfsync everysec',
    `maxmemory ${REDIS_MAXMEMORY}`,
    'maxmemory-policy noeviction',
    // Its name before Redis 7, which later ones know too.
    `hash-max-ziplist-value ${REDIS_HASH_MAX_LISTPACK_VALUE}`,
    // The append-only file holds everything: snapshots beside it would only fork a second copy.
    'save ""',
  ].join('\n')}\n`;
}

/** A private file: the password must not stand in the command line, which everybody on the machine can read. */
function configurationPath(context: Context): string {
  return join(context.settings.dir, 'data', 'redis.conf');
}
