import { timestamp } from '@dtq/core/clock.ts';
import type { Route } from '../route.ts';

/** Says that the process runs, and asks nobody. */
export const getLiveness: Route<'getLiveness'> = async (_request, { clock }) => {
  return { status: 200, type: 'application/json', body: { status: 'ok', time: timestamp(clock) }, headers: {} };
};
