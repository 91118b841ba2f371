import { timestamp } from '@dtq/core/clock.ts';
import { checkParts } from '@dtq/core/health.ts';
import type { Route } from '../route.ts';

/**
 * Whether a job could be accepted now. Only the queue is needed for that: without the others a job is accepted all the
 * same, and taking every API out of service would turn a slow answer into none.
 */
export const getReadiness: Route<'getReadiness'> = async (_request, { checks, clock, isTakingWork }) => {
  const ready = isTakingWork() && (await checkParts(checks)).kafka;
  const time = timestamp(clock);
  const type = 'application/json';
  if (ready) return { status: 200, type, body: { status: 'ready', time }, headers: {} };
  return { status: 503, type, body: { status: 'not_ready', time }, headers: { 'Retry-After': 1 } };
};
