import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivate } from '../environment.ts';
import { InfraError } from '../errors.ts';
import { HOST, RABBITMQ_VHOST, USERS } from '../stack.ts';
import type { Context, NativeServer } from './context.ts';
import { findTool } from './tools.ts';

/** RabbitMQ from the distribution: own user and virtual host, no guest, everything on loopback. */
export const rabbitmq: NativeServer = {
  name: 'rabbitmq',
  ports: ['rabbitmq', 'rabbitmqDistribution', 'rabbitmqEpmd'],
  stopSignal: 'SIGTERM',
  stopMs: 20_000,
  startMs: 90_000,

  async missing() {
    return server() === undefined ? [['rabbitmq-server']] : [];
  },

  async prepare(context) {
    const data = dataPath(context);
    mkdirSync(data, { recursive: true, mode: 0o700 });
    writePrivate(join(data, 'rabbitmq.conf'), configuration(context));
    // Both exist so that the machine's own files in /etc/rabbitmq are not read.
    writeFileSync(join(data, 'rabbitmq-env.conf'), '');
    writeFileSync(join(data, 'advanced.config'), '[].\n');
    writeFileSync(join(data, 'enabled_plugins'), '[].\n');
  },

  async launch(context) {
    const command = server();
    const epmd = findTool('epmd');
    if (command === undefined || epmd === undefined) throw new InfraError('missing: rabbitmq-server');
    const { ports } = context.settings;
    const data = dataPath(context);
    return {
      // Erlang's port mapper would be started by the VM as a daemon on all addresses, and outlive it. Ours belongs to
      // this server's session and listens on loopback. `exec` makes the VM itself the leader.
      command: '/bin/sh',
      args: ['-c', '"$0" -address "$ERL_EPMD_ADDRESS" -port "$ERL_EPMD_PORT" & exec "$1"', epmd, command],
      cwd: data,
      env: {
        HOME: data,
        ERL_EPMD_ADDRESS: HOST,
        ERL_EPMD_PORT: String(ports.rabbitmqEpmd),
        RABBITMQ_NODENAME: `dtq@localhost`,
        RABBITMQ_DIST_PORT: String(ports.rabbitmqDistribution),
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
        RABBITMQ_CONF_ENV_FILE: join(data, 'rabbitmq-env.conf'),
        RABBITMQ_CONFIG_FILE: join(data, 'rabbitmq.conf'),
        RABBITMQ_ADVANCED_CONFIG_FILE: join(data, 'advanced.config'),
        RABBITMQ_ENABLED_PLUGINS_FILE: join(data, 'enabled_plugins'),
        RABBITMQ_MNESIA_BASE: join(data, 'mnesia'),
        RABBITMQ_LOG_BASE: join(data, 'log'),
        RABBITMQ_LOGS: '-',
        RABBITMQ_GENERATED_CONFIG_DIR: join(data, 'config'),
        // Its start script then replaces itself by the VM, which ends in order on SIGTERM.
        RUNNING_UNDER_SYSTEMD: 'true',
      },
    };
  },
};

/** The user and the virtual host are made at the first start of an empty node, in place of guest. */
function configuration(context: Context): string {
  return `${[
    `listeners.tcp.local = ${HOST}:${context.settings.ports.rabbitmq}`,
    `default_user = ${USERS.rabbitmq}`,
    `default_pass = ${context.secrets.rabbitmq}`,
    `default_vhost = ${RABBITMQ_VHOST}`,
    'log.console = true',
    'log.console.level = warning',
    'log.file = false',
  ].join('\n')}\n`;
}

/** The start script itself: Debian's command of the same name in /usr/sbin switches users. */
function server(): string | undefined {
  return findTool('rabbitmq-server', ['/usr/lib/rabbitmq/bin']);
}

function dataPath(context: Context): string {
  return join(context.settings.dir, 'data', 'rabbitmq');
}
