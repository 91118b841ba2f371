import { timestamp } from '@dtq/core/clock.ts';
import { checkParts } from '@dtq/core/health.ts';
import type { Route } from '../route.ts';

/** Asks every part, each with a short time limit of its own. */
export const getHealth: Route<'getHealth'> = async (_request, { checks, clock }) => {
  const found = await checkParts(checks);
  const time = timestamp(clock);
  const type = 'application/json';
  if (Object.values(found).every(Boolean)) {
    return { status: 200, type, body: { status: 'ok', checks: found, time }, headers: {} };
  }
  return { status: 503, type, body: { status: 'degraded', checks: found, time }, headers: { 'Retry-After': 1 } };
};
