import { randomUUID } from 'node:crypto';
import { endOfRequest } from '@dtq/api/accept-submit.ts';
import { readApiConfig } from '@dtq/api/config.ts';
import { contextOver } from '@dtq/api/context.ts';
import { LiveClients } from '@dtq/api/live-clients.ts';
import { submit } from '@dtq/api/submit.ts';
import { systemClock } from '@dtq/core/clock.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { Backend } from '@dtq/core/ports.ts';
import { violationsOf } from '@dtq/core/request-body.ts';
import { NO_TELEMETRY, type Telemetry } from '@dtq/core/telemetry.ts';
import { BODIES, type BodyRule } from '@dtq/generated/rest/bodies.ts';
import { readConfig } from '@dtq/testkit/app-over.ts';

const RULE = BODIES.submitJob as BodyRule;

/** The API's submit without HTTP: the body held to the contract, then the route's own function. Rejects what is not accepted. */
export function submitterOver(
  backend: Backend,
  log: Logger,
  telemetry: Telemetry = NO_TELEMETRY,
): (number: number) => Promise<void> {
  const config = readConfig(readApiConfig, { API_MAX_BACKLOG: '100000000' });
  const clients = new LiveClients(config.eventsMaxClients);
  const own = { config, clients, clock: systemClock, log, telemetry, isTakingWork: () => true };
  const context = contextOver(backend, own);
  return async (number) => {
    const body = { job_type: 'weather', payload: { city: `City ${number}`, units: 'metric' } } as const;
    if (violationsOf(body, RULE).length > 0) throw new Error('the body is not valid');
    const [traceId, end] = [randomUUID(), endOfRequest(context)];
    const { status } = await submit({ body, key: undefined, traceId, caller: '', log, end }, context);
    if (status !== 202) throw new Error(`a submit was answered with ${status}`);
  };
}
