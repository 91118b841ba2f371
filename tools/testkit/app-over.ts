import { createApp } from '@dtq/api/app.ts';
import { readApiConfig } from '@dtq/api/config.ts';
import { contextOver } from '@dtq/api/context.ts';
import { LiveClients } from '@dtq/api/live-clients.ts';
import type { ApiContext } from '@dtq/api/route.ts';
import { systemClock } from '@dtq/core/clock.ts';
import { ConfigReader, type Environment } from '@dtq/core/config.ts';
import { silentLogger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { routes } from '@dtq/generated/wiring/routes.ts';

/** What an API has of its own; it says nothing, takes work, and is configured as an empty environment does. */
export type OwnContext = Partial<Pick<ApiContext, 'config' | 'clients' | 'clock' | 'log' | 'isTakingWork'>>;

/** The API as one function over a backend, without a server, and those who wait at it. */
export function appOver(backend: Backend, own: OwnContext = {}) {
  const config = own.config ?? readConfig(readApiConfig);
  const clients = own.clients ?? new LiveClients(config.eventsMaxClients);
  const rest = { clock: systemClock, log: silentLogger(), isTakingWork: () => true };
  const context = contextOver(backend, { ...rest, ...own, config, clients });
  return { app: createApp({ routes, context }), clients };
}

/** What a program reads of an environment. Throws ConfigError, which names every fault. */
export function readConfig<T>(read: (reader: ConfigReader) => T, environment: Environment = {}): T {
  const reader = new ConfigReader(environment);
  const config = read(reader);
  reader.finish();
  return config;
}
